// The one list of what the log and the snapshots hold. Whatever takes records apart goes through it, so a record that
// is added here and forgotten somewhere does not compile: storage/store/recovery.cpp (tables),
// storage/store/snapshot_content.cpp (snapshots), the image of the state, the timeline, dumps, diff and export each ask
// for a function of their own for every record of a kind that matters to them.
#pragma once

#include "storage/entity/api.hpp"
#include "storage/entity/client.hpp"
#include "storage/entity/consent.hpp"
#include "storage/entity/event.hpp"
#include "storage/entity/family.hpp"
#include "storage/entity/mail.hpp"
#include "storage/entity/revoked_token.hpp"
#include "storage/entity/scope.hpp"
#include "storage/entity/user.hpp"
#include "storage/record/codec.hpp"
#include "storage/record/serving.hpp"
#include "storage/record/tell.hpp"

#include <cstddef>
#include <utility>

namespace pawl::storage {

template <class... Records>
struct record_list {};

// In the order of snapshots: what names another entity stands before it, since that was published before it.
using all_records = record_list<family_created_record, family_word_record, mail, consent, user, revoked_token, client,
                                scope, api, security_event, serving_note>;

// Stands for a record's type where no value of it is at hand.
template <class Record>
struct as {
    using record = Record;
    using says = declaration<Record>;
};

template <class List>
struct tuple_of_list;
template <class... Records>
struct tuple_of_list<record_list<Records...>> {
    using type = std::tuple<Records...>;
};
template <class List>
using tuple_of = typename tuple_of_list<List>::type; // one value of each

// Calls visit(as<Record>{}) for each.
template <class... Records, class Visit>
constexpr void for_each_record(record_list<Records...> /*all*/, Visit&& visit) {
    (visit(as<Records>{}), ...);
}
template <class Visit>
constexpr void for_each_record(Visit&& visit) {
    for_each_record(all_records{}, visit);
}
// The same from the last to the first: what others name comes before them.
constexpr void for_each_record_back(record_list<> /*none*/, const auto& /*visit*/) {}
template <class First, class... Rest, class Visit>
constexpr void for_each_record_back(record_list<First, Rest...> /*all*/, const Visit& visit) {
    for_each_record_back(record_list<Rest...>{}, visit);
    visit(as<First>{});
}
template <class Visit>
constexpr void for_each_record_back(const Visit& visit) {
    for_each_record_back(all_records{}, visit);
}
// The same for those of one kind alone: nothing is compiled for the others.
template <record_kind Kind, class Visit>
constexpr void for_each_record_of(Visit&& visit) {
    for_each_record([&]<class Record>(as<Record> one) {
        if constexpr (declaration<Record>::kind == Kind) {
            visit(one);
        }
    });
}

constexpr std::uint16_t number_of(record_type type) noexcept {
    return static_cast<std::uint16_t>(type);
}
template <class Record>
inline constexpr std::uint16_t type_of = number_of(declaration<Record>::type);

namespace detail {
template <class Visit, class... Records>
constexpr bool visit_record(record_list<Records...> /*all*/, std::uint16_t type, Visit& visit) {
    return ((type == type_of<Records> && (visit(as<Records>{}), true)) || ...);
}
} // namespace detail

// The record switch: calls visit(as<Record>{}) for the record of that type. False if no record has it.
template <class Visit>
constexpr bool visit_record(std::uint16_t type, Visit&& visit) {
    return detail::visit_record(all_records{}, type, visit);
}
// What it does to the state alone decides whether `visit` is asked for: state and change.
constexpr bool changes_state(record_kind kind) noexcept {
    return kind == record_kind::state || kind == record_kind::change;
}
template <class Visit>
constexpr bool visit_change(std::uint16_t type, Visit&& visit) {
    return visit_record(type, [&]<class Record>(as<Record> one) {
        if constexpr (changes_state(declaration<Record>::kind)) {
            visit(one);
        }
    });
}

// The tables of a server hold it.
constexpr bool in_tables(record_kind kind) noexcept {
    return changes_state(kind) || kind == record_kind::work;
}
constexpr bool in_snapshots(record_kind kind) noexcept {
    return kind == record_kind::state || kind == record_kind::work || kind == record_kind::service;
}

// The name of a type; `other` if no record has it.
constexpr const char* name_of_type(std::uint16_t type, const char* other) {
    visit_record(type, [&]<class Record>(as<Record>) { other = declaration<Record>::name; });
    return other;
}

// --- What the list as a whole must be.
namespace detail {

template <class... Records>
constexpr std::size_t place_in(record_list<Records...> /*all*/, std::uint16_t type) {
    std::size_t place = 0;
    static_cast<void>(((type_of<Records> == type || (++place, false)) || ...));
    return place;
}

template <class Record, class... Others>
constexpr bool stands_before(entities<Others...> /*all*/) {
    return ((place_in(all_records{}, type_of<Record>) < place_in(all_records{}, type_of<Others>)) && ...);
}

constexpr bool snapshots_are_ordered() {
    bool good = true;
    for_each_record_of<record_kind::state>([&]<class Record>(as<Record>) {
        good = good && stands_before<Record>(typename declaration<Record>::refers_to{});
    });
    return good;
}

// Every number that storage/record/record.hpp gives is declared, once.
constexpr bool types_are_those_given() {
    std::size_t count = 0;
    bool good = true;
    for_each_record([&]<class Record>(as<Record>) {
        ++count;
        good = good && place_in(all_records{}, type_of<Record>) == count - 1;
        good = good && is_known_record(type_of<Record>);
    });
    return good && count == record_types.size();
}

// Lists of members that differ from the fields' own order are whole: a new field is in each.
constexpr bool lists_are_whole() {
    bool good = true;
    for_each_record([&]<class Record>(as<Record>) {
        if constexpr (requires { declaration<Record>::dumped; }) {
            good = good && tells_all(declaration<Record>::dumped);
        }
        if constexpr (requires { declaration<Record>::exported; }) {
            good = good && tells_all(declaration<Record>::exported);
        }
    });
    return good;
}

} // namespace detail

static_assert(detail::lists_are_whole(), "a field is missing in `dumped` or `exported`, or is not there");
static_assert(detail::snapshots_are_ordered(), "a record that names another entity stands before it in all_records");
static_assert(detail::types_are_those_given(), "record_types and all_records hold the same records");

} // namespace pawl::storage
