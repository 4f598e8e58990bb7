// The export format, written: JSON Lines, one record each. docs/export-format.md is its specification; the reader is
// import_line.
#pragma once

#include "core/text/json_text.hpp"
#include "storage/entity/family.hpp"
#include "storage/entity/plain.hpp"
#include "storage/history/timeline.hpp" // name_of

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace pawl::app {

// Version 2 has lines that are neither users nor families, and attributes of users; an export without any is of
// version 1.
inline constexpr int export_version = 2;

// How many lines of each other kind: "clients", "apis" ...; of those that there are none of nothing is said.
using entity_counts = std::map<std::string, std::uint64_t, std::less<>>;
// "clients". Of static storage duration: readers of members keep it.
template <storage::plain_entity Record>
const std::string& counted_name() {
    static const std::string name = std::string(storage::declaration<Record>::name) + "s";
    return name;
}
// Calls visit(counted_name) for each kind.
template <class Visit>
void for_each_counted(const Visit& visit) {
    storage::for_each_record_back([&]<class Record>(storage::as<Record>) {
        if constexpr (storage::plain_entity<Record>) {
            visit(counted_name<Record>());
        }
    });
}

using storage::name_of; // of statuses and reasons: the same words everywhere

struct export_head {
    std::string uuid; // of the store, hex
    std::uint64_t lsn = 0;
    timestamp_ms time{};
    std::uint64_t next_user_id = 1, users = 0, families = 0;
    entity_counts others;
    bool users_only = false;
    bool has_attributes = false; // a user has some; of a head that is written
};

// Each without the newline.
std::string export_line(const export_head& head);
std::string export_line(const user& u);
std::string export_line(const storage::family_image& family);
// {"name":{...}}, by the declaration.
template <class Record>
std::string exported_line(std::string_view name, const Record& r) {
    std::string object;
    json_object_writer w(object);
    storage::tell_exported(w, r);
    w.end();
    std::string out;
    json_object_writer(out).raw(name, object).end();
    return out;
}
template <storage::plain_entity Record>
std::string export_line(const Record& r) {
    return exported_line(storage::declaration<Record>::name, r);
}
// The last one: a reader that does not see it has not seen all.
std::string export_end_line(std::uint64_t users, std::uint64_t families, const entity_counts& others = {});

} // namespace pawl::app
