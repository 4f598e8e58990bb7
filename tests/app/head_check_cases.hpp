// head_check_cases.json: requests as raw bytes (a code point up to U+00FF is one byte), the status the server of
// fake_server.hpp answers, and the gate's reason.
#pragma once

#include "app/http/head_check.hpp"

#include <boost/json.hpp>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace pawl::app::test {

struct head_check_case {
    std::string name, bytes, reason;
    unsigned status = 0;
};

inline std::vector<head_check_case> load_gate_cases() {
    std::ifstream file(PAWL_SOURCE_DIR "/tests/app/head_check_cases.json");
    std::stringstream text;
    text << file.rdbuf();
    std::vector<head_check_case> out;
    const boost::json::value all = boost::json::parse(text.str());
    for (const boost::json::value& v : all.as_array()) {
        const auto text_of = [&](const char* key) { return std::string(v.at(key).as_string()); };
        head_check_case c{text_of("name"), {}, text_of("reason"), v.at("status").to_number<unsigned>()};
        const std::string utf8 = text_of("bytes");
        for (std::size_t i = 0; i < utf8.size(); ++i) {
            const auto b = static_cast<unsigned char>(utf8[i]);
            if (b < 0x80) {
                c.bytes.push_back(utf8[i]);
            } else { // two bytes, since nothing is beyond U+00FF
                c.bytes.push_back(static_cast<char>((b & 0x03) << 6 | (static_cast<unsigned char>(utf8[++i]) & 0x3f)));
            }
        }
        out.push_back(std::move(c));
    }
    return out;
}

// Scanner and check as a connection runs them; `step` bytes arrive at a time.
struct gate_outcome {
    bool complete = false;
    head_refusal why = head_refusal::none;
    request_head head;
};
inline gate_outcome through_gate(std::string_view bytes, std::size_t step, const host_list& hosts) {
    gate_outcome out;
    header_scanner scanner;
    for (std::size_t size = std::min(step, bytes.size());; size = std::min(size + step, bytes.size())) {
        switch (scanner.scan(bytes.substr(0, size))) {
        case header_scanner::outcome::incomplete:
            if (size == bytes.size()) {
                return out;
            }
            break;
        case header_scanner::outcome::refused:
            out.complete = true;
            out.why = scanner.why();
            return out;
        case header_scanner::outcome::complete:
            out.complete = true;
            out.why = check_header_block(bytes.substr(0, scanner.block_size()), hosts, out.head);
            return out;
        }
    }
}

inline host_list loopback_hosts() {
    host_list hosts;
    for (const char* name : {"localhost", "127.0.0.1", "[::1]"}) {
        hosts.add(name);
    }
    return hosts;
}

} // namespace pawl::app::test
