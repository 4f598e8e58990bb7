// Contents of a directory that are swapped in place: what is there goes into a directory within it, what was made in
// another one takes its place. For directories that can't be renamed: mount points, and those whose parent is not ours.
// A journal makes it all or nothing (docs/decisions/0031-contents-are-swapped-where-names-cannot-be.md).
//
// Here are the decisions, which touch no disk: what was seen in the directory, and the steps that are left. Each prefix
// of these steps leaves a state from which plan_swap() goes on to the same end; so does a power cut, which may lose any
// of the changes since the last sync. swap_run.hpp does the steps.
#pragma once

#include "storage/directory/swap_names.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::storage {

inline constexpr std::size_t swap_journal_size_max = 16U << 20U;
inline constexpr std::size_t swap_names_max = 200'000;
inline constexpr unsigned swap_asides_max = 9999;

// "replaced-1": where what was there goes to.
std::string swap_aside_name(unsigned number);
// The number in such a name; std::nullopt for any other.
std::optional<unsigned> parse_swap_aside_name(std::string_view name) noexcept;

enum class swap_phase : std::uint8_t {
    out, // what was there goes out; nothing has come in yet
    in,  // all of it is out, durably
};
// From the moment it is durable the swap is finished, whatever happens; before, it is taken back.
struct swap_journal {
    swap_phase phase = swap_phase::out;
    std::string aside;                // a swap_aside_name; empty if nothing goes out
    std::vector<std::string> out, in; // names of entries, each once

    friend bool operator==(const swap_journal&, const swap_journal&) = default;
};
std::string encode_swap_journal(const swap_journal& journal);
// std::nullopt for anything that encode_swap_journal() does not write.
std::optional<swap_journal> decode_swap_journal(std::string_view text);

// What is in the directory now.
struct swap_sight {
    bool has_journal = false;
    std::optional<swap_journal> journal;                  // std::nullopt with has_journal: it is damaged
    std::set<std::string> here;                           // entries of the directory
    std::optional<std::set<std::string>> incoming, aside; // entries of those; std::nullopt: there is no such directory
};

enum class swap_act : std::uint8_t {
    make_aside,         // the directory for what goes out
    move_out,           // `name`, into it
    move_in,            // `name`, out of the incoming one
    begin_in,           // the journal, durably, with phase `in`
    remove_of_incoming, // the file `name`
    remove_incoming,    // the directory, empty by now
    remove_temporary,   // of the journal
    remove_journal,
    sync_here,
    sync_aside,
    sync_incoming,
};
struct swap_step {
    swap_act act = swap_act::sync_here;
    std::string name{};

    friend bool operator==(const swap_step&, const swap_step&) = default;
};

enum class swap_end : std::uint8_t {
    nothing,    // there was no swap
    taken_back, // one that had not begun to move anything
    finished,
    impossible, // `why` says; nothing is done
};
struct swap_plan {
    swap_end end = swap_end::nothing;
    std::vector<swap_step> steps;
    std::string why;
};
swap_plan plan_swap(const swap_sight& sight);

// Entries that are not of the contents: they are neither moved nor counted where a directory must be empty.
struct kept_entries {
    bool is_mount_root = false; // then `lost+found` is the file system's
};
bool stays_in_swap(std::string_view name, const kept_entries& of) noexcept;

// --- Where a directory can be made.

struct place_facts {
    bool exists = false;         // a directory is there
    bool is_mount_point = false; // another file system begins there, or the same again
    bool parent_is_writable = false;
    // The parent is sticky, and neither it nor the directory is of this user (nor is this user root): its name can't be
    // changed.
    bool name_is_held = false;
};
enum class place_way : std::uint8_t {
    beside, // made under another name beside it, then renamed
    within, // made in it, then its contents are swapped
};
place_way way_to_place(const place_facts& facts) noexcept;

} // namespace pawl::storage
