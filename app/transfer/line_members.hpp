// The members of one JSON object of an import line, read strictly. Pure; one thread.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/text/rfc3339.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

// Reads members of one object; remembers the first fault and which members were asked for.
class members {
public:
    members(const boost::json::object& o, std::string& why) : o_(o), why_(why) {}

    bool has(std::string_view name) {
        asked_.insert(name);
        return o_.if_contains(name) != nullptr;
    }
    void text(std::string_view name, std::string& out, bool required = false) {
        if (const boost::json::value* const v = find(name, required)) {
            if (v->is_string()) {
                out = std::string(v->get_string());
            } else {
                complain(name, "is no text");
            }
        }
    }
    void truth(std::string_view name, bool& out) {
        if (const boost::json::value* const v = find(name, false)) {
            if (v->is_bool()) {
                out = v->get_bool();
            } else {
                complain(name, "is neither true nor false");
            }
        }
    }
    std::uint64_t number(std::string_view name, std::uint64_t max, std::uint64_t fallback, bool required = false) {
        const boost::json::value* const v = find(name, required);
        if (v == nullptr) {
            return fallback;
        }
        const bool fits = v->is_int64() ? v->get_int64() >= 0 : v->is_uint64();
        const std::uint64_t n = !fits           ? 0
                                : v->is_int64() ? static_cast<std::uint64_t>(v->get_int64())
                                                : v->get_uint64();
        if (!fits || n > max) {
            complain(name, "is no whole number up to " + std::to_string(max));
            return fallback;
        }
        return n;
    }
    timestamp_ms time(std::string_view name, bool required = false) {
        std::string typed;
        text(name, typed, required);
        if (typed.empty()) {
            return {};
        }
        const auto t = from_rfc3339(typed);
        if (!t) {
            complain(name, "is no time as RFC 3339 writes it");
        }
        return t.value_or(timestamp_ms{});
    }
    void id(std::string_view name, family_id& out, bool required) {
        std::string typed;
        text(name, typed, required);
        if (typed.empty() && !required) {
            return;
        }
        const auto read = family_id_from_hex(typed);
        if (!read) {
            complain(name, "is no id of 32 hex digits");
        }
        out = read.value_or(family_id{});
    }
    void list(std::string_view name, std::vector<std::string>& out) {
        const boost::json::value* const v = find(name, false);
        if (v == nullptr) {
            return;
        }
        if (!v->is_array()) {
            return complain(name, "is no list");
        }
        for (const boost::json::value& one : v->get_array()) {
            if (!one.is_string()) {
                return complain(name, "is no list of texts");
            }
            out.emplace_back(one.get_string());
        }
    }
    const boost::json::array* array(std::string_view name) {
        const boost::json::value* const v = find(name, false);
        if (v != nullptr && !v->is_array()) {
            complain(name, "is no list");
        }
        return v == nullptr ? nullptr : v->if_array();
    }
    const boost::json::object* object(std::string_view name) {
        const boost::json::value* const v = find(name, false);
        if (v != nullptr && !v->is_object()) {
            complain(name, "is no object");
        }
        return v == nullptr ? nullptr : v->if_object();
    }
    // After all were asked for.
    void no_others() {
        for (const auto& member : o_) {
            const std::string_view name(member.key().data(), member.key().size());
            if (!asked_.contains(name)) {
                complain(name, "is no member that is known here");
            }
        }
    }
    void complain(std::string_view name, const std::string& what) {
        if (why_.empty()) {
            why_ = std::string(name) + " " + what;
        }
    }

private:
    const boost::json::value* find(std::string_view name, bool required) {
        asked_.insert(name);
        const boost::json::value* const v = o_.if_contains(name);
        if (v == nullptr || v->is_null()) {
            if (required) {
                complain(name, "is missing");
            }
            return nullptr;
        }
        return v;
    }

    const boost::json::object& o_;
    std::string& why_;
    std::set<std::string_view> asked_;
};

// The value whose name_of() is the member's text; of an absent one `out` stays.
template <class Value, class Enum>
void read_name(members& from, std::string_view name, Enum last, Value& out) {
    std::string typed;
    from.text(name, typed);
    if (typed.empty()) {
        return;
    }
    for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) {
        const auto value = static_cast<Enum>(i);
        if (typed == name_of(value)) {
            out = value;
            return;
        }
    }
    from.complain(name, "is not one of the words that are known here");
}

} // namespace pawl::app
