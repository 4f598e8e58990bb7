#include "app/dev/request_ring.hpp"

#include "core/text/header_text.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

namespace pawl::app {

namespace {

// {"accept":"*/*", ...}: names in lower case; several lines of one name are joined as RFC 9110 5.3 has it.
std::string headers_json(std::string_view head) {
    std::map<std::string, std::string> fields;
    head.remove_prefix(std::min(head.find('\n') + 1, head.size())); // the request line
    while (!head.empty()) {
        const std::size_t end = std::min(head.find('\n'), head.size() - 1);
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(end + 1);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) {
            continue;
        }
        std::string name(line.substr(0, colon));
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        std::string_view text = line.substr(colon + 1);
        if (text.ends_with('\r')) {
            text.remove_suffix(1);
        }
        std::string& value = fields[name];
        value.append(value.empty() ? "" : ", ").append(trim(text));
    }
    std::string out = "{";
    for (const auto& [name, value] : fields) {
        out += out.size() > 1 ? "," : "";
        append_json_string(out, name);
        out += ":";
        append_json_string(out, value);
    }
    return out + "}";
}

} // namespace

std::size_t request_ring::size_of(const entry& e) {
    return sizeof e + e.method.size() + e.target.size() + e.path.size() + e.head.size() + e.body.size();
}

void request_ring::add(const http_request& request, unsigned status, timestamp_ms at) {
    entry e{at,
            std::string(request.method_text),
            std::string(request.target),
            std::string(request.path),
            std::string(request.head),
            std::string(request.body),
            request.request_id,
            status};
    const std::lock_guard lock(mutex_);
    bytes_ += size_of(e);
    all_.push_back(std::move(e));
    while (all_.size() > recorded_requests_max || (bytes_ > recorded_bytes_max && all_.size() > 1)) {
        bytes_ -= size_of(all_.front());
        all_.pop_front();
        ++dropped_;
    }
}

void request_ring::clear() {
    const std::lock_guard lock(mutex_);
    all_.clear();
    bytes_ = 0;
    dropped_ = 0;
}

std::string request_ring::to_json() const {
    const std::lock_guard lock(mutex_);
    std::string list = "[";
    for (const entry& e : all_) {
        list += list.size() > 1 ? "," : "";
        json_object_writer object(list);
        object.member("at", to_rfc3339(to_seconds(e.at)))
            .member("method", e.method)
            .member("target", e.target)
            .member("path", e.path)
            .raw("headers", headers_json(e.head))
            .member("body", e.body);
        if (e.status == 0) {
            object.raw("status", "null");
        } else {
            object.member("status", std::uint64_t{e.status});
        }
        object.member("request_id", e.request_id).end();
    }
    list += "]";
    std::string out;
    json_object_writer(out).member("dropped", dropped_).raw("requests", list).end();
    return out;
}

} // namespace pawl::app
