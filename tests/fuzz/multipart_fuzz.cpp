// Multipart forms: whatever is accepted can be written again and reads back the same, in UTF-8, each name once.
#include "app/http/multipart.hpp"
#include "core/text/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

} // namespace

// The first line is a Content-Type, the rest a body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t line = std::min(input.find('\n'), input.size());
    const std::string_view boundary = pawl::app::multipart_boundary(input.substr(0, line));
    if (boundary.empty()) {
        return 0;
    }
    const pawl::app::body_result read = pawl::app::read_multipart(input.substr(std::min(line + 1, size)), boundary);
    if (read.has_error()) {
        return 0;
    }
    std::string again;
    for (const pawl::app::parameter& p : read->all()) {
        require(!p.name.empty() && pawl::is_utf8(p.name) && pawl::is_utf8(p.text.reveal()));
        require(read->find(p.name) == &p); // the only one of its name
        again.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=\"").append(p.name);
        again.append("\"\r\n\r\n").append(p.text.reveal()).append("\r\n");
    }
    again.append("--").append(boundary).append("--");
    const pawl::app::body_result second = pawl::app::read_multipart(again, boundary);
    require(second.has_value() && second->size() == read->size());
    for (const pawl::app::parameter& p : read->all()) {
        require(second->find(p.name) != nullptr && second->find(p.name)->text.reveal() == p.text.reveal());
    }
    return 0;
}
