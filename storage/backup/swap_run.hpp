// Does on disk what content_swap.hpp decides.
#pragma once

#include "storage/backup/content_swap.hpp"
#include "storage/unique_fd.hpp"

#include <functional>
#include <string>
#include <vector>

namespace pawl::storage {

// A directory whose contents are swapped. It is locked (its file LOCK) for the life of this object, so that no server
// starts in it and no second restore begins. One thread.
class swap_directory {
public:
    // `before_step` is called before each step that changes or syncs something (tests).
    // Throws refused: usage if it can't be opened or written to; locked.
    explicit swap_directory(std::string path, std::function<void(const swap_step&)> before_step = {});

    // Finishes or takes back what was interrupted; gives what it was. Throws refused: corrupt if that is impossible,
    // storage_failed.
    swap_end settle();
    // The directory for what is to come in, new and empty. After settle(). Throws refused(usage), as for a directory
    // that can't be created; storage_failed if there is no room.
    std::string make_incoming();
    // Throws refused(usage) if something stays where a name of `in` is to go: a directory, or what is mounted there.
    void check_room_for(const std::vector<std::string>& in) const;
    // What is in the incoming directory, synced by now, takes the place of what is there. Gives the path of the
    // directory that has that now; empty if there was nothing. Throws refused(usage) as check_room_for,
    // refused(storage_failed). is_begun() says whether the next start will finish it.
    std::string swap_in();
    bool is_begun() const noexcept { return begun_; }

private:
    swap_sight look() const;
    std::vector<std::string> contents() const; // what goes out
    std::string free_aside_name() const;
    void write_journal(const swap_journal& journal);
    void do_steps(const swap_plan& plan, const swap_journal* journal);
    int act(const swap_step& step, const swap_journal* journal); // errno, or 0
    [[noreturn]] void fail(const std::string& what, int error) const;

    std::string path_;
    std::function<void(const swap_step&)> before_step_;
    unique_fd fd_, lock_;
    bool is_mount_root_ = false, begun_ = false;
};

// Whether a restore or a backup into `directory` was interrupted there, or is being made.
bool has_unfinished_swap(const std::string& directory);
// Before a store is opened at `directory`: swap_directory::settle(), if there is something to settle. `directory` may
// be a symbolic link, or nothing. Throws refused.
swap_end settle_swap(const std::string& directory);

} // namespace pawl::storage
