/* A library of which two versions are in use. */
int units_version(void);
int units_version(void) {
  return UNITS_VERSION;
}
