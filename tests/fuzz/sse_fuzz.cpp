// A server's stream of events: the same events whatever the pieces; what was read and written again reads the same.
#include "tools/client/sse_parser.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace pawl::tools;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

struct outcome {
    std::vector<sse_event> events;
    std::string last_id;
    bool whole = true;
};

outcome read(std::string_view text, std::size_t piece) {
    outcome out;
    sse_parser parser;
    while (!text.empty() && out.whole) {
        out.whole = parser.feed(text.substr(0, piece), out.events);
        text.remove_prefix(std::min(piece, text.size()));
    }
    out.last_id = parser.last_id();
    return out;
}

std::string written(const std::vector<sse_event>& events) {
    std::string out;
    for (const sse_event& e : events) {
        out += "id: " + e.id + "\nevent: " + e.type + "\n";
        for (std::size_t at = 0; at <= e.data.size();) {
            const std::size_t end = std::min(e.data.find('\n', at), e.data.size());
            out += "data: " + e.data.substr(at, end - at) + "\n";
            at = end + 1;
        }
        out += "\n";
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const outcome whole = read(text, text.size());
    const outcome pieces = read(text, 1 + data[0] % 17U);
    require(whole.events == pieces.events && whole.last_id == pieces.last_id && whole.whole == pieces.whole);
    for (const sse_event& e : whole.events) {
        require(e.id.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
        require(e.type.find_first_of("\r\n") == std::string::npos && e.data.find('\r') == std::string::npos);
    }
    require(read(written(whole.events), 4096).events == whole.events);
    return 0;
}
