#include "app/net/tls.hpp"

#include "app/config/config.hpp"
#include "app/http/limits.hpp"
#include "app/process/logging.hpp"
#include "storage/exit_code.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <sys/stat.h>

#include <cstring>
#include <new>
#include <string_view>

namespace pawl::app {

namespace {

// TLS 1.2: forward secrecy and AEAD only. TLS 1.3's own are all right as they are.
constexpr const char* ciphers_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* groups = "X25519:P-256:P-384";
constexpr int security_level = 2; // 112 bits: no RSA under 2048, no SHA-1
constexpr std::string_view http_1_1 = "http/1.1";
constexpr long self_signed_days = 30;
constexpr std::int64_t ns_per_s = 1'000'000'000;

struct freer {
    void operator()(X509* p) const { X509_free(p); }
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(BIO* p) const { BIO_free(p); }
    void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, freer>;

struct unusable {
    std::string why;
};

// The first of OpenSSL's reasons; they name no secrets.
std::string openssl_reason() {
    const unsigned long first = ERR_get_error();
    ERR_clear_error();
    const char* const text = first == 0 ? nullptr : ERR_reason_error_string(first);
    return text == nullptr ? "OpenSSL does not say why" : text;
}

void need(bool good, std::string_view what) {
    if (!good) {
        throw unusable{std::string(what) + ": " + openssl_reason()};
    }
}

// Who offers protocols must offer ours.
int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned size, void* /*unused*/) {
    for (unsigned at = 0; at < size && at + offered[at] < size; at += offered[at] + 1U) {
        if (offered[at] == http_1_1.size() && std::memcmp(offered + at + 1, http_1_1.data(), http_1_1.size()) == 0) {
            *out = offered + at + 1;
            *out_size = offered[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A key with a passphrase is refused, rather than asked for on the terminal.
int no_passphrase(char* /*out*/, int /*size*/, int /*writing*/, void* /*unused*/) {
    return -1;
}

void set_rules(SSL_CTX* context) {
    SSL_CTX_set_security_level(context, security_level);
    need(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1, "TLS 1.2");
    need(SSL_CTX_set_cipher_list(context, ciphers_1_2) == 1, "ciphers");
    need(SSL_CTX_set1_groups_list(context, groups) == 1, "groups");
    // No tickets and no sessions kept: nothing that outlives a connection, and so no key to rotate for it.
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_NO_TICKET | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); // an idle connection needs none
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
}

void ask_clients(SSL_CTX* context, const tls_settings& settings) {
    if (settings.clients == client_certificates::none) {
        return;
    }
    const char* const file = settings.client_ca.c_str();
    need(SSL_CTX_load_verify_file(context, file) == 1, "--tls-client-ca " + settings.client_ca);
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(file));
    const bool required = settings.clients == client_certificates::required;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
}

void add_extension(X509* certificate, int what, const char* value) {
    X509V3_CTX about{};
    X509V3_set_ctx_nodb(&about);
    X509V3_set_ctx(&about, certificate, certificate, nullptr, nullptr, 0);
    const owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &about, what, value));
    need(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

owned<X509> sign_for_loopback(EVP_PKEY* key) {
    owned<X509> out(X509_new());
    need(out != nullptr, "certificate");
    need(X509_set_version(out.get(), X509_VERSION_3) == 1 &&
             ASN1_INTEGER_set_uint64(X509_get_serialNumber(out.get()), 1) == 1 &&
             X509_gmtime_adj(X509_getm_notBefore(out.get()), -3600) != nullptr &&
             X509_time_adj_ex(X509_getm_notAfter(out.get()), self_signed_days, 0, nullptr) != nullptr &&
             X509_set_pubkey(out.get(), key) == 1,
         "certificate");
    X509_NAME* const name = X509_get_subject_name(out.get());
    const auto* common = reinterpret_cast<const unsigned char*>("localhost"); // NOLINT: OpenSSL's API
    need(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0) == 1 &&
             X509_set_issuer_name(out.get(), name) == 1,
         "name");
    add_extension(out.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(out.get(), NID_key_usage, "critical,digitalSignature,keyCertSign");
    add_extension(out.get(), NID_ext_key_usage, "serverAuth");
    add_extension(out.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
    need(X509_sign(out.get(), key, EVP_sha256()) > 0, "signature");
    return out;
}

std::string pem_of(X509* certificate) {
    const owned<BIO> memory(BIO_new(BIO_s_mem()));
    need(memory && PEM_write_bio_X509(memory.get(), certificate) == 1, "PEM");
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

} // namespace

tls_identity::tls_identity(tls_settings settings) : settings_(std::move(settings)) {
    try {
        seen_ = look();
        context_ = make();
    } catch (const unusable& problem) {
        throw storage::refused(storage::exit_code::usage, problem.why);
    }
}

tls_identity::context_ptr tls_identity::make() {
    context_ptr out(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    need(out != nullptr, "TLS");
    set_rules(out.get());
    if (settings_.self_signed) {
        const owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
        need(key != nullptr, "key");
        const owned<X509> certificate = sign_for_loopback(key.get());
        need(SSL_CTX_use_certificate(out.get(), certificate.get()) == 1 &&
                 SSL_CTX_use_PrivateKey(out.get(), key.get()) == 1,
             "--tls-self-signed");
        self_signed_ = pem_of(certificate.get());
    } else {
        need(SSL_CTX_use_certificate_chain_file(out.get(), settings_.certificate.c_str()) == 1,
             "--tls-cert " + settings_.certificate);
        need(SSL_CTX_use_PrivateKey_file(out.get(), settings_.key.c_str(), SSL_FILETYPE_PEM) == 1 &&
                 SSL_CTX_check_private_key(out.get()) == 1,
             "--tls-key " + settings_.key);
    }
    ask_clients(out.get(), settings_);
    return out;
}

SSL* tls_identity::new_connection() const {
    const context_ptr context = context_.load(std::memory_order_acquire);
    return SSL_new(context.get()); // holds the context for itself
}

bool tls_identity::reload(std::string& why) {
    const seen_files now = look(); // before reading: what changes meanwhile is seen the next time
    seen_ = now;
    if (settings_.self_signed) {
        return true;
    }
    try {
        context_.store(make(), std::memory_order_release);
        return true;
    } catch (const unusable& problem) {
        why = problem.why;
        return false;
    }
}

bool tls_identity::files_changed() const {
    return look() != seen_;
}

tls_identity::seen_files tls_identity::look() const {
    seen_files out{};
    std::size_t i = 0;
    for (const std::string* path : {&settings_.certificate, &settings_.key, &settings_.client_ca}) {
        struct stat status{};
        if (!path->empty() && ::stat(path->c_str(), &status) == 0) {
            out.at(i) = {status.st_ino, status.st_size,
                         std::int64_t{status.st_mtim.tv_sec} * ns_per_s + status.st_mtim.tv_nsec};
        }
        ++i;
    }
    return out;
}

namespace {

// A group may read it (Debian's ssl-cert); all may not.
void warn_of_open_key(const std::string& path, logger& log) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0 || (status.st_mode & (S_IROTH | S_IWOTH)) == 0) {
        return;
    }
    log.warn(
        "tls.key_open",
        {{"file", path}, {"warning", "every user of this machine may read or write this key; run: chmod o= " + path}});
}

} // namespace

std::unique_ptr<tls_identity> open_tls(const config& settings, logger& log) {
    if (!settings.tls) {
        return nullptr;
    }
    auto out = std::make_unique<tls_identity>(*settings.tls);
    if (out->is_self_signed()) {
        log.warn("tls.self_signed", {{"certificate", out->self_signed_certificate()}});
    } else {
        warn_of_open_key(settings.tls->key, log);
    }
    return out;
}

void reload_tls(tls_identity* tls, logger& log) {
    if (tls == nullptr) {
        return;
    }
    std::string why;
    if (tls->reload(why)) {
        log.info("reload.certificate");
        warn_of_open_key(tls->key_file(), log);
    } else {
        log.error("reload.certificate_kept", {{"why", why}});
    }
}

} // namespace pawl::app
