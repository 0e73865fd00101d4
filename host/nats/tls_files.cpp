#include "nats/tls_files.hpp"

#include "settings/error.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <fstream>

namespace jetcapture::host {

namespace {

// The SSL_CTX that this thread made last: OpenSSL tells of each new one whoever has an index for data of his own in it.
thread_local SSL_CTX *made_last = nullptr;

void note_context(void *context, void *, CRYPTO_EX_DATA *, int, long, void *) {
  made_last = static_cast<SSL_CTX *>(context);
}

void require_readable(const std::string &file, const char *flag) {
  if (!file.empty() && !std::ifstream(file))
    throw StartupError(std::string(flag) + ": the file " + file + " can't be read");
}

// What OpenSSL found wrong, and forget it.
std::string take_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char *const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "it is not valid" : reason;
}

struct FreeStore {
  void operator()(X509_STORE *store) const { X509_STORE_free(store); }
};

} // namespace

TlsFiles::TlsFiles(const ConnectionSettings &settings)
    : authorities_(settings.tls_ca), certificate_(settings.tls_cert), key_(settings.tls_key) {
  require_readable(authorities_, "--tlsca");
  require_readable(certificate_, "--tlscert");
  require_readable(key_, "--tlskey");
  if (certificate_.empty() != key_.empty())
    throw StartupError("a client certificate needs both --tlscert and --tlskey");
}

void TlsFiles::use(natsOptions *options) {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, &note_context, nullptr, nullptr);
  made_last = nullptr;
  if (index < 0 || natsOptions_SetSecure(options, true) != NATS_OK || made_last == nullptr)
    throw StartupError("TLS can't be set up: this build of libnats has no OpenSSL; install one that has");
  SSL_CTX_up_ref(made_last);
  context_.reset(made_last);
  if (const std::string reason = read_again(); !reason.empty())
    throw StartupError(reason);
}

std::string TlsFiles::read_again() {
  ERR_clear_error();
  const std::unique_ptr<X509_STORE, FreeStore> store(X509_STORE_new());
  if (authorities_.empty()) {
    X509_STORE_set_default_paths(store.get());
  } else if (X509_STORE_load_file(store.get(), authorities_.c_str()) != 1) {
    return "--tlsca: the file " + authorities_ + " can't be used (" + take_reason() +
           "): give certificates of authorities in PEM";
  }
  SSL_CTX_set1_cert_store(context_.get(), store.get());
  if (certificate_.empty())
    return "";
  if (SSL_CTX_use_certificate_chain_file(context_.get(), certificate_.c_str()) != 1)
    return "--tlscert: the file " + certificate_ + " can't be used (" + take_reason() +
           "): give a certificate with its chain in PEM";
  if (SSL_CTX_use_PrivateKey_file(context_.get(), key_.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context_.get()) != 1)
    return "--tlskey: the file " + key_ + " can't be used (" + take_reason() +
           "): give the private key of --tlscert in PEM";
  return "";
}

} // namespace jetcapture::host
