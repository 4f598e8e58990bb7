#include "app/openapi/document.hpp"

#include "app/web/assets.hpp"
#include "core/text/json_text.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace pawl::app {

namespace {

std::string escape_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out.push_back(c);
        }
    }
    return out;
}

std::string escape_json(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out.substr(1, out.size() - 2); // the quotes are the template's
}

} // namespace

std::string fill_template(std::string_view text, const server_texts& server, template_kind kind) {
    const auto escape = kind == template_kind::json ? escape_json : escape_html;
    const std::array<std::pair<std::string_view, std::string>, 3> places{{{"@ISSUER@", escape(server.issuer)},
                                                                          {"@VERSION@", escape(server.version)},
                                                                          {"@SIGN_UP@", escape(server.sign_up)}}};
    std::string out;
    out.reserve(text.size() + 256);
    while (!text.empty()) {
        const std::size_t at = std::min(text.find('@'), text.size());
        out += text.substr(0, at);
        text.remove_prefix(at);
        const std::pair<std::string_view, std::string>* place = nullptr;
        for (const auto& candidate : places) {
            if (text.starts_with(candidate.first)) {
                place = &candidate;
            }
        }
        if (place != nullptr) {
            out += place->second;
            text.remove_prefix(place->first.size());
        } else if (!text.empty()) { // an @ of the text's own
            out.push_back(text.front());
            text.remove_prefix(1);
        }
    }
    return out;
}

std::string openapi_document(const server_texts& server, bool development) {
    const asset* document = find_asset(development ? "openapi/openapi-dev.json" : "openapi/openapi.json");
    BOOST_ASSERT(document != nullptr);
    return fill_template(plain_text(*document), server, template_kind::json);
}

} // namespace pawl::app
