// The gate and the connection behind it: whatever bytes come, however they are cut, the verdict is the same, every view
// lies in the block, nothing is believed that the rules forbid, and no byte of a refused message becomes a request.
#include "app/http/connection.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace {

using namespace pawl;
using namespace pawl::app;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

task<http_response> unused_handler(app_context&, const http_request&) {
    co_return http_response();
}

const route rows[] = {{http_method::get, "/", &unused_handler, "root"},
                      {http_method::post, "/", &unused_handler, "post"},
                      {http_method::delete_, "/{id}", &unused_handler, "delete"}};

struct scan_verdict {
    header_scanner::outcome outcome{};
    std::size_t size = 0;
    head_refusal why = head_refusal::none;
};

scan_verdict scan(std::string_view bytes, std::size_t step) {
    header_scanner scanner;
    scan_verdict v;
    for (std::size_t size = std::min(step, bytes.size());; size = std::min(size + step, bytes.size())) {
        v.outcome = scanner.scan(bytes.substr(0, size));
        if (v.outcome != header_scanner::outcome::incomplete || size == bytes.size()) {
            break;
        }
    }
    v.size = v.outcome == header_scanner::outcome::complete ? scanner.block_size() : 0;
    v.why = scanner.why();
    return v;
}

// What holds for every head that passed, looked up in the bytes by other means than the gate's.
void check_head(std::string_view block, const request_head& head) {
    const auto within = [&](std::string_view v) {
        return v.empty() || v == "/" ||
               (v.data() >= block.data() && v.data() + v.size() <= block.data() + block.size());
    };
    for (const auto& field : {head.authorization, head.content_type, head.origin, head.user_agent, head.accept,
                              head.request_id, head.sec_fetch_site}) {
        require(!field ||
                (within(*field) && field->find_first_of(std::string_view("\r\n\0\x7f", 4)) == std::string_view::npos));
    }
    require(within(head.target) && within(head.path) && within(head.query) && within(head.host));
    require(head.path == "*" || head.path.starts_with('/'));
    require(head.content_length <= body_size_max);
    require(head.content_length == 0 || (head.method != http_method::get && head.method != http_method::head));
    std::string lower(block);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
    });
    const std::size_t coding = lower.find("\r\ntransfer-encoding:");
    require(head.chunked == (coding != std::string::npos));
    require(!head.chunked || (head.http_1_1 && lower.find("\r\ncontent-length:") == std::string::npos &&
                              lower.find("\r\ntransfer-encoding:", coding + 2) == std::string::npos));
    require(lower.find("\r\ntrailer:") == std::string::npos);
    require(lower.find("\r\n ") == std::string::npos && lower.find("\r\n\t") == std::string::npos);
    for (const char* once : {"\r\nhost:", "\r\ncontent-length:", "\r\nauthorization:"}) {
        const std::size_t at = lower.find(once);
        require(at == std::string::npos || lower.find(once, at + 2) == std::string::npos);
    }
    require(lower.find("\r\nhost:") != std::string::npos || !head.http_1_1);
    require(static_cast<std::size_t>(std::count(lower.begin(), lower.end(), '\n')) <= header_count_max + 2);
}

struct machine {
    server_settings settings;
    host_list hosts;
    router routing{rows};
    metrics counters{rows, 1};
    logger log{log_level::error, log_format::json, open("/dev/null", O_WRONLY | O_CLOEXEC)};
    connection_host host{settings, hosts, routing, rows, counters, counters.shard(0), log};
    machine() {
        hosts.add("localhost");
        settings.trusted_proxies.blocks = {*address_block_from_text("::/0"), *address_block_from_text("10.0.0.0/8")};
    }
};

// The sequence of answers' first lines; must not depend on `step`.
std::string drive(machine& m, std::string_view bytes, std::size_t step) {
    using action = connection::action;
    connection c(m.host, peer_address{}, {});
    std::string answers;
    bool refused = false;
    for (action what = c.next({}); what != action::end; what = c.next({})) {
        if (what == action::read) {
            const std::span<char> space = c.read_space();
            require(!space.empty());
            const std::size_t n = std::min({space.size(), bytes.size(), step});
            std::memcpy(space.data(), bytes.data(), n);
            bytes.remove_prefix(n);
            c.on_read(n == 0, n, {});
        } else if (what == action::handle) {
            require(!refused);
            http_response r;
            r.body =
                std::string(c.request().method_text) + std::string(c.request().path) + std::string(c.request().body);
            c.on_response(std::move(r), {});
        } else if (what == action::write) {
            const std::string out(c.unsent());
            c.on_written(false, out.size(), {});
            const bool interim = out.starts_with("HTTP/1.1 100");
            if (!interim) {
                answers.append(out, 0, out.find('\r'))
                    .append("|")
                    .append(out.substr(out.find("\r\n\r\n")))
                    .append("\n");
            }
            refused =
                refused || (out.starts_with("HTTP/1.1 4") && out.find("\r\nConnection: close") != std::string::npos);
        }
    }
    return answers;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::size_t step = 1 + data[0] % 64;
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    const scan_verdict whole = scan(bytes, SIZE_MAX);
    const scan_verdict cut = scan(bytes, step);
    require(whole.outcome == cut.outcome && whole.size == cut.size && whole.why == cut.why);
    static machine m;
    if (whole.outcome == header_scanner::outcome::complete) {
        const std::string_view block = bytes.substr(0, whole.size);
        request_head head;
        if (check_header_block(block, m.hosts, head) == head_refusal::none) {
            check_head(block, head);
        }
    }
    require(drive(m, bytes, SIZE_MAX) == drive(m, bytes, step));
    return 0;
}
