#include "app/process/authorities.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <array>
#include <cstdlib>

namespace pawl::app {

namespace {

constexpr std::array bundles{
    "/etc/ssl/certs/ca-certificates.crt",                // Debian, Alpine, containers
    "/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",                            // openSUSE
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, newer ones
    "/etc/ssl/cert.pem",                                 // Alpine
};

std::string environment(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? std::string() : std::string(text);
}

bool is_there(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0;
}

} // namespace

authority_places choose_authorities(const authority_inputs& inputs) {
    authority_places out;
    const bool named = !inputs.named_directory.empty() || !inputs.named_file.empty();
    out.read.push_back(inputs.named_directory.empty() ? inputs.usual_directory : inputs.named_directory);
    out.read.push_back(inputs.named_file.empty() ? inputs.usual_file : inputs.named_file);
    if (named || inputs.has(inputs.usual_directory) || inputs.has(inputs.usual_file)) {
        return out;
    }
    for (const char* const bundle : bundles) {
        if (inputs.has(bundle)) {
            out.bundle = bundle;
            out.read.push_back(out.bundle);
            break;
        }
    }
    return out;
}

authority_places authorities_of_this_system() {
    return choose_authorities({environment(X509_get_default_cert_dir_env()),
                               environment(X509_get_default_cert_file_env()), X509_get_default_cert_dir(),
                               X509_get_default_cert_file(), is_there});
}

bool trust_this_system(SSL_CTX* context) {
    const std::string bundle = authorities_of_this_system().bundle;
    const bool good = SSL_CTX_set_default_verify_paths(context) == 1 &&
                      (bundle.empty() || SSL_CTX_load_verify_file(context, bundle.c_str()) == 1);
    ERR_clear_error();
    return good;
}

} // namespace pawl::app
