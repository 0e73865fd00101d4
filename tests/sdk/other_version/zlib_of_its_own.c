/* The names of a library that the host uses, with another behaviour: linked statically into a plug-in. */
const char *zlibVersion(void);
int deflate(void *stream, int flush);
unsigned long crc32(unsigned long crc, const unsigned char *data, unsigned size);

const char *zlibVersion(void) {
  return "0.0.own";
}
int deflate(void *stream, int flush) {
  (void)stream;
  (void)flush;
  return -2;
}
unsigned long crc32(unsigned long crc, const unsigned char *data, unsigned size) {
  (void)data;
  return crc + size;
}
