// How pawlctl manages a server: one protocol, the server's admin API, and three ways to it. A command says method,
// target and body; which way it goes changes no answer (docs/decisions/0007-one-protocol-for-tools.md).
//
//   --url URL        a running server anywhere, with an administrator's access token
//   (else)           the running server that holds the data directory, through its admin socket
//   (else)           no server runs: the handlers themselves in this process, over the opened directory
#pragma once

#include "app/http/message.hpp"
#include "tools/program.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace pawl::tools {

// Bounds of a server's answer. Connecting includes looking the name up and, for https, the handshake.
inline constexpr std::chrono::seconds connect_time_max{10};
inline constexpr std::chrono::seconds answer_time_max{60};
inline constexpr std::chrono::hours long_answer_time_max{6}; // for work as long as the data are large: a snapshot
inline constexpr std::size_t answer_size_max = std::size_t{64} << 20U;
inline constexpr std::size_t answer_header_size_max = std::size_t{64} << 10U;
inline constexpr std::chrono::seconds stream_silence_max{60}; // a stream of events says every 15 s that it lives

struct admin_answer {
    unsigned status = 0;
    std::string body; // JSON, or empty
};

// What came of a stream: an answer that is none (not 200, or of another type), or why it is over.
struct stream_end {
    admin_answer refusal; // status 0: it was a stream
    bool stopped = false; // by `take`
    std::string why;      // for people
};

class admin_client {
public:
    // Without a server: ends the store cleanly.
    virtual ~admin_client() = default;
    admin_client(const admin_client&) = delete;
    admin_client& operator=(const admin_client&) = delete;

    // One request. `target` is origin-form, encoded ("/admin/users?login=a%40b"); an empty body is none. Answers of any
    // status come back; throws tool_error (76) where none comes.
    virtual admin_answer call(app::http_method method, std::string target, std::string json_body) = 0;
    // From now on an answer may take this long (where a server gives it).
    virtual void set_answer_time(std::chrono::seconds limit) { static_cast<void>(limit); }
    // GET of a stream of events, on the connection there is; `last_id` is its Last-Event-ID (empty: none). `take` gets
    // the body's bytes as they come and says whether to go on. Throws tool_error (76) where no answer comes, or nothing
    // runs that could tell.
    virtual stream_end stream(std::string target, std::string last_id,
                              const std::function<bool(std::string_view)>& take);
    // What is spoken to, for people: "http://127.0.0.1:8080", "the server of /var/lib/pawl", "/var/lib/pawl (no
    // server)".
    virtual std::string place() const = 0;

protected:
    admin_client() = default;
};

// By --url, admin socket or directory, as above. Creates nothing: a directory that is not there or holds no store is
// refused (2). Throws tool_error, and storage::refused with the store's own verdict: 65 and above, 75 where a process
// holds the directory that has no admin socket.
std::unique_ptr<admin_client> connect_admin(const global_options& global);

// The same without the third way: null where no server runs.
std::unique_ptr<admin_client> connect_server(const global_options& global);

// call(), and the document of a 2xx (null where it has none). Another status is a tool_error with the problem's
// "detail (code)", and the problem itself under --json: exit 1; 70 where storage refused; 76 for what is no answer of
// pawld.
boost::json::value ask(admin_client& server, app::http_method method, std::string target,
                       const boost::json::value& body = nullptr);

// What ask() throws for an answer that is no 2xx.
[[noreturn]] void refuse_answer(const admin_client& server, const admin_answer& answer);

// `text` percent-encoded for a query or a segment of a path (RFC 3986: all but unreserved).
std::string encoded(std::string_view text);

// --- The three ways; connect_admin chooses.
// `with_token` false: as anybody, for what needs no token.
std::unique_ptr<admin_client> connect_url(const global_options& global, bool with_token = true);
// Without a token, for what everybody may ask. Where --url is not given, `url` is an address of this machine and its
// certificate is not looked at: nothing secret is sent, and readiness is all that is believed.
std::unique_ptr<admin_client> connect_probe(const global_options& global, const std::string& url);
// Null if no process listens there (or the path is too long for a socket). `owner`: the directory's uid; the process
// that listens must be of it, ours or root's.
std::unique_ptr<admin_client> connect_admin_socket(const std::string& path, const std::string& data_dir,
                                                   unsigned owner);
std::unique_ptr<admin_client> open_in_process(const global_options& global);

} // namespace pawl::tools
