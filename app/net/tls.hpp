// TLS 1.2 and 1.3 of our own: the certificate in force, its reload, and what a connection starts from.
#pragma once

#include "app/config/tls_settings.hpp"

#include <openssl/ssl.h>

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace pawl::app {

struct config;
class logger;

// The server's side of TLS. Any thread may start connections while one thread reloads.
class tls_identity {
public:
    // Throws refused(usage) with one sentence that names the file.
    explicit tls_identity(tls_settings settings);

    // A new connection's state; null where there is no memory. The caller frees it (SSL_free).
    SSL* new_connection() const;
    // Reads the files again. False and `why` where they can't be used: then the ones before stay in force.
    bool reload(std::string& why);
    // Whether a file was changed or replaced since they were last read.
    bool files_changed() const;
    // The certificate made at the start, PEM; else empty.
    const std::string& self_signed_certificate() const { return self_signed_; }
    bool is_self_signed() const { return settings_.self_signed; }
    const std::string& key_file() const { return settings_.key; }

private:
    using context_ptr = std::shared_ptr<SSL_CTX>;
    struct seen_file {
        ino_t inode = 0;
        off_t size = 0;
        std::int64_t changed_ns = 0;
        bool operator==(const seen_file&) const = default;
    };
    using seen_files = std::array<seen_file, 3>;

    context_ptr make();
    seen_files look() const;

    tls_settings settings_;
    std::string self_signed_;
    std::atomic<context_ptr> context_;
    seen_files seen_{};
};

// Null if serving is plain HTTP. Says in the log which certificate was made.
std::unique_ptr<tls_identity> open_tls(const config& settings, logger& log);
// Reload and say what came of it. Null is fine.
void reload_tls(tls_identity* tls, logger& log);

} // namespace pawl::app
