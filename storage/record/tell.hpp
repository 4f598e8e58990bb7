// Records as people and programs are told them, by their declarations: members of JSON objects (dumps, events, exports)
// and the texts of a comparison. Of a password hash a dump and a comparison say the kind alone.
#pragma once

#include "core/family/family.hpp"
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/record/declaration.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::storage {

// "argon2id", "bcrypt", "pbkdf2-sha256", "none", "unknown": never the hash.
std::string_view hash_kind(std::string_view stored);

// One member of the JSON object that tells of a Record. A declaration lists them where they are not simply its fields
// in their order. Each field that is not unshown has to be in each list.
template <class Record>
struct told {
    std::string_view member;                                     // "gate.epoch": `epoch` of an object `gate`
    std::string_view field = member;                             // of the record
    bool (*when)(const Record&) = nullptr;                       // absent otherwise; null: always there
    void (*write)(json_object_writer&, const Record&) = nullptr; // null: as values of its type are
    std::string_view says = {}, absent = {};                     // for people: what it may be, and what stands for it
};

// --- Values.
template <std::unsigned_integral T>
void tell_value(json_object_writer& w, std::string_view name, T value) {
    if constexpr (std::same_as<T, bool>) {
        w.member(name, value);
    } else {
        w.member(name, std::uint64_t{value});
    }
}
template <class Id>
    requires std::unsigned_integral<decltype(Id::value)>
void tell_value(json_object_writer& w, std::string_view name, Id id) {
    w.member(name, std::uint64_t{id.value});
}
template <class Enum>
    requires std::is_enum_v<Enum>
void tell_value(json_object_writer& w, std::string_view name, Enum value) {
    w.member(name, name_of(value));
}
inline void tell_value(json_object_writer& w, std::string_view name, const family_id& id) {
    w.member(name, to_hex(id));
}
inline void tell_value(json_object_writer& w, std::string_view name, const peer_address& address) {
    w.member(name, to_text(address));
}
inline void tell_value(json_object_writer& w, std::string_view name, timestamp t) {
    w.member(name, to_rfc3339(t));
}
inline void tell_value(json_object_writer& w, std::string_view name, timestamp_ms t) {
    w.member(name, to_rfc3339_ms(t));
}
inline void tell_value(json_object_writer& w, std::string_view name, seconds s) {
    w.member(name, std::int64_t{s.count()});
}
inline void tell_value(json_object_writer& w, std::string_view name, std::string_view text) {
    w.member(name, text);
}
void tell_value(json_object_writer& w, std::string_view name, const std::vector<std::string>& list);
// base64url.
void tell_value(json_object_writer& w, std::string_view name, const std::array<std::uint8_t, 32>& bytes);
// The numbers, in a text with blanks between them; of APIs, those that are used.
void tell_value(json_object_writer& w, std::string_view name, const scope_set& scopes);
void tell_value(json_object_writer& w, std::string_view name, const std::array<std::uint16_t, 4>& apis);
// Its members, beside the others.
void tell_value(json_object_writer& w, std::string_view name, family_word word);
void tell_value(json_object_writer& w, std::string_view name, const family_use& use);
// {"at","ip","user_agent"}
std::string use_json(const family_use& use);

// --- Texts of a comparison.
inline std::string text_of(std::string_view text) {
    return std::string(text);
}
template <std::unsigned_integral T>
std::string text_of(T value) {
    if constexpr (std::same_as<T, bool>) {
        return value ? "yes" : "no";
    } else {
        return std::to_string(value);
    }
}
template <class Id>
    requires std::unsigned_integral<decltype(Id::value)>
std::string text_of(Id id) {
    return std::to_string(id.value);
}
template <class Enum>
    requires std::is_enum_v<Enum>
std::string text_of(Enum value) {
    return std::string(name_of(value));
}
inline std::string text_of(const family_id& id) {
    return to_hex(id);
}
inline std::string text_of(timestamp t) {
    return to_rfc3339(t);
}
inline std::string text_of(seconds s) {
    return std::to_string(s.count());
}
std::string text_of(const std::vector<std::string>& list);
// As tell_value() has it.
std::string text_of(const scope_set& scopes);

// --- Whole records.
enum class audience : std::uint8_t {
    reader, // of guarded fields, the kind
    owner,  // all of it: an export
};

template <class Record, class Visit>
void visit_value(const Record& r, std::string_view field, const Visit& visit) {
    const auto one = [&](std::string_view name, const auto& value, exposure seen) {
        if (name == field) {
            visit(value, seen);
        }
    };
    std::apply([&](const auto&... f) { (f.each_value(r, one), ...); }, declaration<Record>::fields);
}

template <class Record>
void tell_field(json_object_writer& w, const Record& r, std::string_view member, std::string_view field, audience to) {
    visit_value(r, field, [&](const auto& value, exposure seen) {
        if constexpr (requires { hash_kind(value); }) {
            if (seen == exposure::guarded && to == audience::reader) {
                return tell_value(w, member, hash_kind(value));
            }
        }
        tell_value(w, member, value);
    });
}

template <class Record, std::size_t Size>
constexpr bool tells_all(const std::array<told<Record>, Size>& list) {
    const auto in_list = [&](std::string_view name) {
        return std::any_of(list.begin(), list.end(), [&](const told<Record>& m) { return m.field == name; });
    };
    bool all = true;
    const auto one = [&](std::string_view name, exposure seen) {
        all = all && (seen == exposure::unshown || in_list(name));
    };
    std::apply([&](const auto&... f) { (f.each_name(one), ...); }, declaration<Record>::fields);
    // Nor does a member speak of a field that is not there.
    for (const told<Record>& m : list) {
        bool there = false;
        const auto same = [&](std::string_view name, exposure) { there = there || name == m.field; };
        std::apply([&](const auto&... f) { (f.each_name(same), ...); }, declaration<Record>::fields);
        all = all && there;
    }
    return all;
}

// The members of `list`, those of one object ("gate.epoch", "gate.reason") one after the other.
template <class Record, std::size_t Size>
void tell_list(json_object_writer& w, const Record& r, const std::array<told<Record>, Size>& list, audience to) {
    for (auto at = list.begin(); at != list.end();) {
        const std::size_t dot = at->member.find('.');
        if (dot == std::string_view::npos) {
            if (at->when == nullptr || at->when(r)) {
                at->write != nullptr ? at->write(w, r) : tell_field(w, r, at->member, at->field, to);
            }
            ++at;
            continue;
        }
        const std::string_view group = at->member.substr(0, dot + 1);
        std::string inner;
        json_object_writer of_group(inner);
        for (; at != list.end() && at->member.starts_with(group); ++at) {
            if (at->when == nullptr || at->when(r)) {
                at->write != nullptr ? at->write(of_group, r)
                                     : tell_field(of_group, r, at->member.substr(dot + 1), at->field, to);
            }
        }
        of_group.end();
        w.raw(group.substr(0, dot), inner);
    }
}

// All fields in their order, each under its name.
template <described Record>
void tell_fields(json_object_writer& w, const Record& r, audience to) {
    const auto one = [&](std::string_view name, const auto& value, exposure seen) {
        if constexpr (requires { hash_kind(value); }) {
            if (seen == exposure::guarded && to == audience::reader) {
                return tell_value(w, name, hash_kind(value));
            }
        }
        if (seen != exposure::unshown) {
            tell_value(w, name, value);
        }
    };
    std::apply([&](const auto&... f) { (f.each_value(r, one), ...); }, declaration<Record>::fields);
}

// As dumps and events tell it: the declaration's list `dumped`, else its fields in their order.
template <described Record>
void tell(json_object_writer& w, const Record& r) {
    if constexpr (requires { declaration<Record>::dumped; }) {
        static_assert(tells_all(declaration<Record>::dumped), "a field is missing in `dumped`, or is not there");
        tell_list(w, r, declaration<Record>::dumped, audience::reader);
    } else {
        tell_fields(w, r, audience::reader);
    }
}

// A struct within a record: an object of its own.
template <described Part>
void tell_value(json_object_writer& w, std::string_view name, const Part& part) {
    std::string object;
    json_object_writer inner(object);
    tell(inner, part);
    inner.end();
    w.raw(name, object);
}

// As an export has it: the declaration's list `exported`, else its fields in their order.
template <described Record>
void tell_exported(json_object_writer& w, const Record& r) {
    if constexpr (requires { declaration<Record>::exported; }) {
        static_assert(tells_all(declaration<Record>::exported), "a field is missing in `exported`, or is not there");
        tell_list(w, r, declaration<Record>::exported, audience::owner);
    } else {
        tell_fields(w, r, audience::owner);
    }
}

// One line for people, of a record that has no words of its own.
template <described Record>
std::string plain_line(const Record& r) {
    std::string line;
    const auto one = [&](std::string_view name, const auto& value, exposure seen) {
        if constexpr (requires { text_of(value); }) {
            if (seen == exposure::shown) {
                line += (line.empty() ? "" : "  ") + std::string(name) + " " + text_of(value);
            }
        }
    };
    std::apply([&](const auto&... f) { (f.each_value(r, one), ...); }, declaration<Record>::fields);
    return line;
}

// --- What differs between two records of one entity.
struct field_change {
    std::string name, before, after;
};
// A member of a comparison; a declaration lists them as `compared`, else every field that is not unshown is one.
template <class Record>
struct compared_field {
    std::string_view name;
    std::string_view field = name;
    std::string (*text)(const Record&) = nullptr; // null: as values of its type are
};

namespace detail {

struct compared_text {
    std::string name, text;
    std::string kind; // of a guarded field: what may be said of it
};

template <class Record>
std::vector<compared_text> texts_of(const Record& r) {
    std::vector<compared_text> out;
    const auto one = [&](std::string_view name, const auto& value, exposure seen) {
        if constexpr (requires { text_of(value); }) {
            if (seen != exposure::unshown) {
                out.push_back({std::string(name), text_of(value), {}});
            }
        }
        if constexpr (requires { hash_kind(value); }) {
            if (seen == exposure::guarded) {
                out.back().kind = hash_kind(value);
            }
        }
    };
    std::apply([&](const auto&... f) { (f.each_value(r, one), ...); }, declaration<Record>::fields);
    return out;
}

void note_change(std::vector<field_change>& out, std::string_view name, const compared_text& before,
                 const compared_text& after);

} // namespace detail

template <described Record>
std::vector<field_change> changes_between(const Record& a, const Record& b) {
    std::vector<field_change> out;
    const std::vector<detail::compared_text> before = detail::texts_of(a), after = detail::texts_of(b);
    if constexpr (requires { declaration<Record>::compared; }) {
        for (const compared_field<Record>& f : declaration<Record>::compared) {
            if (f.text != nullptr) {
                detail::note_change(out, f.name, {{}, f.text(a), {}}, {{}, f.text(b), {}});
            }
            for (std::size_t i = 0; f.text == nullptr && i < before.size(); ++i) {
                if (before[i].name == f.field) {
                    detail::note_change(out, f.name, before[i], after[i]);
                }
            }
        }
    } else {
        for (std::size_t i = 0; i < before.size(); ++i) {
            detail::note_change(out, before[i].name, before[i], after[i]);
        }
    }
    return out;
}

} // namespace pawl::storage
