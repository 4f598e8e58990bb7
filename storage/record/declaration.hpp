// What is declared of a record, once (docs/decisions/0029-entities-declared-once.md): its type, version, name, kind and
// fields. How it is written and read, printed, compared and documented follows from this.
//
// declaration<Record> is specialised beside the record's own rules, in storage/entity/. It has
//
//   type, name       its number (record.hpp), and its word in dumps
//   kind             what it does to the state
//   version          the highest that this program writes
//   fields           a tuple, in the order of the bytes
//   sound(r)         whether a program may have written it: a body that is not is malformed
//   refers_to        the entities it names: they are written after it in snapshots, since each was published before
//   version_of(r)    optional: the version it is written in; else the lowest that has all of its fields that are not
//                    as in a new record
//
// A struct that is part of records (a use) has `fields` and sound() alone.
#pragma once

#include "storage/record/form.hpp"
#include "storage/record/record.hpp"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace pawl::storage {

enum class record_kind : std::uint8_t {
    state,    // the absolute state of one entity: in every snapshot; the newest counts
    change,   // what changes of an entity that is known: in the log alone
    evidence, // a fact about others: never merged into the state
    work,     // what is to be done once: in tables and snapshots, but no part of what is made of a store (images,
              // comparisons, exports), which does not do it again
    service,  // the log's own notes about itself (serving): in snapshots, but no part of the entities
};

template <class Record>
struct declaration;

template <class Record>
concept described = requires(const Record& r) {
    declaration<Record>::fields;
    { declaration<Record>::sound(r) } -> std::same_as<bool>;
};

// Other entities, by the type of their record.
template <class... Records>
struct entities {};

template <class Record>
concept declared = described<Record> && requires {
    { declaration<Record>::type } -> std::convertible_to<record_type>;
    { declaration<Record>::name } -> std::convertible_to<std::string_view>;
    { declaration<Record>::kind } -> std::convertible_to<record_kind>;
    { declaration<Record>::version } -> std::convertible_to<std::uint16_t>;
    typename declaration<Record>::refers_to;
};

// Who may see a field.
enum class exposure : std::uint8_t {
    shown,   // in dumps, diffs and exports
    guarded, // in exports alone: a dump says of what kind it is (a password hash)
    unshown, // on disk alone
};

// The place of a value within a record: member<&user::gate, &user_gate::epoch>.
template <auto... Path>
struct member {
    template <class Record>
    static constexpr auto& of(Record& r) noexcept {
        return (r.*....*Path);
    }
};

// One value, written by Form.
template <class Where, class Form>
struct field {
    using where = Where;
    std::string_view name;
    std::uint16_t since = 1;
    exposure seen = exposure::shown;

    constexpr field in_version(std::uint16_t version) const {
        field f = *this;
        f.since = version;
        return f;
    }
    constexpr field with(exposure e) const {
        field f = *this;
        f.seen = e;
        return f;
    }

    static constexpr std::size_t size_max = Form::size_max;
    static constexpr const char* text = Form::text;

    template <class Record>
    static std::size_t size(const Record& r) noexcept {
        return Form::size(Where::of(r));
    }
    template <class Record>
    static void put(byte_sink& to, const Record& r) noexcept {
        Form::put(to, Where::of(r));
    }
    template <class Record>
    static void get(byte_source& from, Record& r) {
        Form::get(from, Where::of(r));
    }
    // As in a new record: of a body whose version has no such field.
    template <class Record>
    static void clear(Record& r) {
        using value = std::remove_cvref_t<decltype(Where::of(r))>;
        Where::of(r) = value{};
    }
    template <class Record>
    static bool is_clear(const Record& r) {
        using value = std::remove_cvref_t<decltype(Where::of(r))>;
        return Where::of(r) == value{};
    }
    // Of a form with a bound of its own: whether the value is within it.
    template <class Record>
    static bool holds(const Record& r)
        requires requires { Form::holds(Where::of(r)); }
    {
        return Form::holds(Where::of(r));
    }
    template <class Record, class Visit>
    constexpr void each_value(const Record& r, const Visit& visit) const {
        visit(name, Where::of(r), seen);
    }
    // visit(name, value), which it may change.
    template <class Record, class Visit>
    void each_member(Record& r, const Visit& visit) const {
        visit(name, Where::of(r));
    }
    template <class Visit>
    constexpr void each_name(const Visit& visit) const {
        visit(name, seen);
    }
};

template <class Pointer>
struct pointed_at;
template <class Record, class Value>
struct pointed_at<Value Record::*> {
    using value = Value;
};

// As the member's own type is written.
template <auto... Path>
constexpr auto at(std::string_view name) {
    using last = std::tuple_element_t<sizeof...(Path) - 1, std::tuple<decltype(Path)...>>;
    return field<member<Path...>, form<typename pointed_at<last>::value>>{name};
}
template <class Form, auto... Path>
constexpr auto at_as(std::string_view name) {
    return field<member<Path...>, Form>{name};
}

// Up to eight truths in one byte, the first in the lowest bit. Bits beyond them are malformed.
template <class... Members>
struct flags_field {
    static_assert(sizeof...(Members) <= 8);
    std::string_view name;
    std::array<std::string_view, sizeof...(Members)> bits{};
    std::uint16_t since = 1;

    constexpr flags_field in_version(std::uint16_t version) const {
        flags_field f = *this;
        f.since = version;
        return f;
    }

    static constexpr std::size_t size_max = 1;
    static constexpr const char* text = "u8";

    template <class Record>
    static constexpr std::size_t size(const Record& /*r*/) noexcept {
        return 1;
    }
    template <class Record>
    static void put(byte_sink& to, const Record& r) noexcept {
        unsigned all = 0, bit = 1;
        ((all |= Members::of(r) ? bit : 0U, bit <<= 1U), ...);
        to.put_integer(static_cast<std::uint8_t>(all));
    }
    template <class Record>
    static void get(byte_source& from, Record& r) noexcept {
        unsigned all = from.integer<std::uint8_t>();
        ((Members::of(r) = (all & 1U) != 0, all >>= 1U), ...);
        if (all != 0) {
            from.fail();
        }
    }
    template <class Record>
    static void clear(Record& r) noexcept {
        ((Members::of(r) = false), ...);
    }
    template <class Record>
    static bool is_clear(const Record& r) noexcept {
        return (!Members::of(r) && ...);
    }
    template <class Record, class Visit>
    constexpr void each_value(const Record& r, const Visit& visit) const {
        std::size_t i = 0;
        (visit(bits[i++], Members::of(r), exposure::shown), ...);
    }
    template <class Record, class Visit>
    void each_member(Record& r, const Visit& visit) const {
        std::size_t i = 0;
        (visit(bits[i++], Members::of(r)), ...);
    }
    template <class Visit>
    constexpr void each_name(const Visit& visit) const {
        for (const std::string_view bit : bits) {
            visit(bit, exposure::shown);
        }
    }
};

template <class Member>
struct flag {
    std::string_view name;
};
template <auto... Path>
constexpr flag<member<Path...>> bit(std::string_view name) {
    return {name};
}
template <class... Members>
constexpr auto flags(std::string_view name, flag<Members>... of) {
    return flags_field<Members...>{name, {of.name...}};
}

// A place for a text that no version has used yet: one that is not empty is of a later version, since to drop it might
// loosen what it says.
struct reserved {
    std::string_view name;
    std::uint16_t since = 1;

    static constexpr std::size_t size_max = 2;
    static constexpr const char* text = "u16 n, u8[n]";

    template <class Record>
    static constexpr std::size_t size(const Record& /*r*/) noexcept {
        return 2;
    }
    template <class Record>
    static void put(byte_sink& to, const Record& /*r*/) noexcept {
        to.put_integer(std::uint16_t{0});
    }
    template <class Record>
    static void get(byte_source& from, Record& /*r*/) noexcept {
        if (!from.text(from.integer<std::uint16_t>()).empty()) {
            from.say_newer();
        }
    }
    template <class Record>
    static void clear(Record& /*r*/) noexcept {}
    template <class Record>
    static bool is_clear(const Record& /*r*/) noexcept {
        return true;
    }
    template <class Record, class Visit>
    constexpr void each_value(const Record& /*r*/, const Visit& /*visit*/) const {}
    template <class Record, class Visit>
    void each_member(Record& /*r*/, const Visit& /*visit*/) const {}
    template <class Visit>
    constexpr void each_name(const Visit& /*visit*/) const {}
};

// --- What follows for a whole record.

template <described Record>
constexpr std::size_t body_size_max =
    std::apply([](const auto&... f) { return (std::size_t{0} + ... + f.size_max); }, declaration<Record>::fields);

template <described Record>
std::size_t body_size(const Record& r, std::uint16_t version) noexcept {
    return std::apply(
        [&](const auto&... f) { return (std::size_t{0} + ... + (version >= f.since ? f.size(r) : std::size_t{0})); },
        declaration<Record>::fields);
}
template <described Record>
void put_body(byte_sink& to, const Record& r, std::uint16_t version) noexcept {
    std::apply([&](const auto&... f) { ((version >= f.since ? f.put(to, r) : void()), ...); },
               declaration<Record>::fields);
}
template <described Record>
void get_body(byte_source& from, Record& r, std::uint16_t version) {
    std::apply([&](const auto&... f) { ((version >= f.since ? f.get(from, r) : f.clear(r)), ...); },
               declaration<Record>::fields);
}

// The lowest version that has all of the fields which say something.
template <described Record>
constexpr std::uint16_t lowest_version_of(const Record& r) {
    return std::apply(
        [&](const auto&... f) {
            std::uint16_t version = 1;
            ((version = f.since > version && !f.is_clear(r) ? f.since : version), ...);
            return version;
        },
        declaration<Record>::fields);
}

// A struct within a record: its fields one after the other.
template <described Part>
struct form<Part> {
    static constexpr std::size_t size_max = body_size_max<Part>;
    static constexpr const char* text = declaration<Part>::name;
    static std::size_t size(const Part& part) noexcept { return body_size(part, 1); }
    static void put(byte_sink& to, const Part& part) noexcept { put_body(to, part, 1); }
    static void get(byte_source& from, Part& part) {
        get_body(from, part, 1);
        if (!declaration<Part>::sound(part)) {
            from.fail();
        }
    }
};

} // namespace pawl::storage
