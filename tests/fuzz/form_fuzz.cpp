// Forms: whatever is accepted can be written again and reads back the same, in UTF-8, each name once.
#include "app/http/form.hpp"
#include "app/http/negotiation.hpp"
#include "core/text/utf8.hpp"

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

std::string escaped(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4U];
        out += digits[byte & 0xFU];
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    pawl::app::prefers_html(body);
    pawl::app::accepts_gzip(body);
    const pawl::app::body_result read = pawl::app::read_form(body);
    if (read.has_error()) {
        return 0;
    }
    std::string again;
    for (const pawl::app::parameter& p : read->all()) {
        require(!p.name.empty() && pawl::is_utf8(p.name) && pawl::is_utf8(p.text.reveal()));
        require(read->find(p.name) == &p); // the only one of its name
        again += escaped(p.name) + "=" + escaped(p.text.reveal()) + "&";
    }
    const pawl::app::body_result second = pawl::app::read_form(again);
    require(second.has_value() && second->size() == read->size());
    for (const pawl::app::parameter& p : read->all()) {
        require(second->find(p.name) != nullptr && second->find(p.name)->text.reveal() == p.text.reveal());
    }
    return 0;
}
