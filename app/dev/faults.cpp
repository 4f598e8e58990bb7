#include "app/dev/faults.hpp"

#include "app/http/member_reader.hpp"
#include "core/text/json_text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace pawl::app {

namespace {

constexpr std::array<std::string_view, 6> kind_names{
    "drop_reply_after_commit", "delay", "status", "duplicate", "stall_sync", "mail"};
constexpr std::array<std::string_view, 5> mail_codes{"451", "550", "535", "connect", "after_250"};
constexpr std::int64_t count_max = 1'000'000'000, retry_after_max = 86'400;

bool is_route(std::string_view name) {
    return std::ranges::any_of(all_routes(true), [name](const route& r) { return r.name == name; });
}

bool fits(const fault& f, const route& row, const http_request& request) {
    return f.kind != fault_kind::mail && (f.route.empty() || f.route == row.name) &&
           (f.path.empty() || f.path == request.path) && (f.method.empty() || f.method == request.method_text);
}

bool happens(const fault& f, random_source& random) {
    if (f.probability >= 1) {
        return true;
    }
    std::array<std::uint8_t, 4> bytes{};
    random.fill(bytes);
    const std::uint32_t n =
        bytes[0] | std::uint32_t{bytes[1]} << 8U | std::uint32_t{bytes[2]} << 16U | std::uint32_t{bytes[3]} << 24U;
    return static_cast<double>(n) / 4294967296.0 < f.probability;
}

} // namespace

result<fault> read_fault(const boost::json::object& body) {
    member_reader reader(body);
    fault f;
    reader.is_required("fault");
    f.kind = static_cast<fault_kind>(reader.optional_word("fault", kind_names).value_or(0));
    f.route = reader.optional_text("route").value_or("");
    if (!f.route.empty() && !is_route(f.route)) {
        reader.blame("route", "is no operationId of openapi.json");
    }
    f.path = reader.optional_text("path").value_or("");
    f.method = reader.optional_text("method").value_or("");
    f.left = reader.optional_count("count", 0, count_max).value_or(1);
    f.probability = reader.optional_fraction("probability").value_or(1);
    f.ms = milliseconds(reader.optional_integer("ms", 0, fault_delay_max.count()).value_or(0));
    f.status = static_cast<unsigned>(reader.optional_count("status", 400, 599).value_or(503));
    if (const auto after = reader.optional_integer("retry_after", 0, retry_after_max)) {
        f.retry_after = seconds(*after);
    }
    const std::optional<std::size_t> code = reader.optional_word("code", mail_codes);
    f.code = static_cast<mail_fault>(code.value_or(0));
    if (!reader.failed() && code.has_value() != (f.kind == fault_kind::mail)) {
        reader.blame("code", code ? "is of mail alone" : "is required here");
    }
    const bool takes_time = f.kind == fault_kind::delay || f.kind == fault_kind::stall_sync;
    if (!reader.failed() && takes_time && f.ms == milliseconds(0)) {
        reader.blame("ms", "is required here");
    }
    reader.refuse_others();
    if (reader.failed()) {
        return reader.why();
    }
    return f;
}

std::string to_json(const fault& f) {
    std::string text;
    json_object_writer object(text);
    object.member("id", f.id).member("fault", kind_names.at(static_cast<std::size_t>(f.kind)));
    for (const auto& [name, value] :
         {std::pair("route", &f.route), std::pair("path", &f.path), std::pair("method", &f.method)}) {
        if (!value->empty()) {
            object.member(name, *value);
        }
    }
    object.member("count", f.left).member("hits", f.hits);
    std::array<char, 32> number{};
    std::snprintf(number.data(), number.size(), "%.9g", f.probability);
    object.raw("probability", number.data());
    if (f.ms > milliseconds(0)) {
        object.member("ms", std::int64_t{f.ms.count()});
    }
    if (f.kind == fault_kind::status) {
        object.member("status", std::uint64_t{f.status});
    }
    if (f.kind == fault_kind::mail) {
        object.member("code", mail_codes.at(static_cast<std::size_t>(f.code)));
    }
    if (f.retry_after) {
        object.member("retry_after", std::int64_t{f.retry_after->count()});
    }
    object.end();
    return text;
}

std::optional<fault> fault_list::add(fault f) {
    const std::lock_guard lock(mutex_);
    if (all_.size() == faults_max) {
        return std::nullopt;
    }
    f.id = next_id_++;
    all_.push_back(std::move(f));
    any_.store(true, std::memory_order_release);
    return all_.back();
}

bool fault_list::remove(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    const bool removed = std::erase_if(all_, [id](const fault& f) { return f.id == id; }) > 0;
    any_.store(!all_.empty(), std::memory_order_release);
    return removed;
}

void fault_list::clear() {
    const std::lock_guard lock(mutex_);
    all_.clear();
    any_.store(false, std::memory_order_release);
}

std::vector<fault> fault_list::all() const {
    const std::lock_guard lock(mutex_);
    return all_;
}

fault_effect fault_list::take(const route& row, const http_request& request, random_source& random) {
    fault_effect effect;
    if (!any_.load(std::memory_order_acquire)) {
        return effect;
    }
    const std::lock_guard lock(mutex_);
    for (fault& f : all_) {
        if (!fits(f, row, request) || !happens(f, random)) {
            continue;
        }
        ++f.hits;
        switch (f.kind) {
        case fault_kind::drop_reply_after_commit:
            effect.drop = true;
            break;
        case fault_kind::delay:
            effect.delay = std::min(effect.delay + f.ms, fault_delay_max);
            break;
        case fault_kind::status:
            effect.status = f.status;
            effect.retry_after = f.retry_after;
            break;
        case fault_kind::duplicate:
            effect.duplicate = true;
            break;
        case fault_kind::stall_sync:
            effect.stall = std::max(effect.stall, f.ms);
            break;
        case fault_kind::mail:
            break;
        }
        use_up(f);
    }
    remove_used();
    return effect;
}

void fault_list::use_up(fault& f) {
    if (f.left == 1) {
        f.left = 0;
        f.probability = -1; // gone with remove_used()
    } else if (f.left > 1) {
        --f.left;
    }
}

void fault_list::remove_used() {
    std::erase_if(all_, [](const fault& f) { return f.probability < 0; });
    any_.store(!all_.empty(), std::memory_order_release);
}

std::optional<mail_fault> fault_list::take_mail(random_source& random) {
    if (!any_.load(std::memory_order_acquire)) {
        return std::nullopt;
    }
    const std::lock_guard lock(mutex_);
    std::optional<mail_fault> met;
    for (fault& f : all_) {
        if (!met && f.kind == fault_kind::mail && happens(f, random)) {
            ++f.hits;
            met = f.code;
            use_up(f);
        }
    }
    remove_used();
    return met;
}

} // namespace pawl::app
