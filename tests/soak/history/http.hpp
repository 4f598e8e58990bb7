// Requests and replies of HTTP/1.1 over sockets that do not block: as much as pawld's own answers need.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::history {

struct request {
    std::string_view method, path;
    std::string body;   // JSON, or empty
    std::string bearer; // an access token, or empty
};

// Status 0: no reply came, or one (503) that does not say whether anything was done.
struct reply {
    unsigned status = 0;
    std::string refreshed; // Pawl-Refresh
    std::string body;

    bool lost() const { return status == 0; }
    // The value of a text member of the body, which has no escapes in what is looked for here; empty: there is none.
    std::string_view member(std::string_view name) const;
};

// One keep-alive connection to 127.0.0.1 with one request at a time.
class connection {
public:
    connection() = default;
    ~connection() { close(); }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    int descriptor() const { return fd_; }
    bool busy() const { return busy_; }
    // Connects where it is not; false where no process listens. `fresh`: the descriptor is a new one.
    bool send(std::uint16_t port, const request& what, bool& fresh);
    // What a readable socket holds. True once the request is over, with its reply (lost where the connection ended).
    bool receive(reply& out);
    void close();

private:
    bool parse(reply& out);

    int fd_ = -1;
    bool busy_ = false, last_ = false; // last: the server closes after this reply
    std::string in_;
};

} // namespace pawl::history
