// What the configuration says of TLS.
#pragma once

#include <cstdint>
#include <string>

namespace pawl::app {

enum class client_certificates : std::uint8_t { none, optional, required };

struct tls_settings {
    std::string certificate;  // PEM: the chain, ours first
    std::string key;          // PEM, without a passphrase
    bool self_signed = false; // neither: a certificate for loopback names is made at the start
    std::string client_ca;    // PEM: who may sign clients' certificates
    client_certificates clients = client_certificates::none;
};

} // namespace pawl::app
