// One kept HTTP connection of the replay: a request, its answer, how long it took. One thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace pawl::tools {

struct replay_answer {
    unsigned status = 0;
    std::string body;
    std::chrono::microseconds took{0};
};

class replay_connection {
public:
    // `url`: http://HOST[:PORT]. Throws tool_error (2).
    explicit replay_connection(const std::string& url);
    ~replay_connection();
    replay_connection(const replay_connection&) = delete;
    replay_connection& operator=(const replay_connection&) = delete;

    // `json` empty: no body. Tries once more on a kept connection that turns out closed before anything was read.
    // Throws tool_error (76).
    replay_answer call(const char* method, std::string_view target, std::string_view json,
                       std::string_view bearer = {});

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace pawl::tools
