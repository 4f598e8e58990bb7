// One POST to a receiver, over HTTP/1.1 or HTTPS, a connection each: blocks, but never longer than webhook_time_max
// (and what the resolver takes), and comes back at once when it is stopped.
#pragma once

#include "app/config/webhook_target.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct ssl_ctx_st;

namespace pawl::app {

// Of one attempt.
struct webhook_answer {
    unsigned status = 0; // 0: none
    std::string why;     // where there was none, for the log
    bool good() const { return status >= 200 && status < 300; }
};

class webhook_client {
public:
    // `ca_file`: PEM; empty: those of the system. Throws refused(usage) where they can't be read.
    webhook_client(webhook_target target, const std::string& ca_file);
    ~webhook_client();
    webhook_client(const webhook_client&) = delete;
    webhook_client& operator=(const webhook_client&) = delete;

    using field_list = std::vector<std::pair<std::string_view, std::string>>;
    // One thread at a time. Names and values are safe in a header.
    webhook_answer post(const field_list& fields, std::string_view body);
    // From any thread: a post() that waits comes back, as does every one after.
    void stop();

private:
    class exchange;

    const webhook_target target_;
    std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)> tls_;
    int stop_event_;
};

} // namespace pawl::app
