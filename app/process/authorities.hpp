// Whose signatures under certificates are believed where no file is named. OpenSSL looks where it was built to look,
// which is Debian's place; a program that holds OpenSSL itself also runs on systems that keep them elsewhere.
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <string>
#include <vector>

namespace pawl::app {

struct authority_inputs {
    std::string named_directory, named_file;     // $SSL_CERT_DIR and $SSL_CERT_FILE; empty: not set
    std::string usual_directory, usual_file;     // where OpenSSL was built to look
    std::function<bool(const std::string&)> has; // whether a path is there
};

struct authority_places {
    std::vector<std::string> read; // files and directories that finding a certificate's issuer reads
    std::string bundle;            // PEM, to be loaded besides what OpenSSL finds; empty: none
};

// What is named counts alone, else OpenSSL's usual places where one of them is there, else the first bundle that
// Debian, Alpine, Fedora or openSUSE would have.
authority_places choose_authorities(const authority_inputs& inputs);
// The same for this process and this system.
authority_places authorities_of_this_system();

// Makes `context` believe them. False where there is no memory, or a bundle can't be read.
bool trust_this_system(SSL_CTX* context);

} // namespace pawl::app
