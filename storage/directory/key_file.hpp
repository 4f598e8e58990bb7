// The key file on disk: made on first start, read strictly, replaced atomically. What is in it: core/jwt/key_ring.hpp.
// Beside it nothing is a credential; so it is a regular file of this user's (or root's: systemd's LoadCredential) that
// no group and no other user can read or write.
//
// Threads: any, one at a time for one path. Blocks on the disk.
#pragma once

#include "core/jwt/key_ring.hpp"
#include "core/random_source.hpp"
#include "storage/access.hpp"
#include "storage/exit_code.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace pawl::storage {

struct key_file_options {
    std::string path;
    key_ring_options ring;
    // False where a manifest exists already (log_directory::has_manifest): the data would not open under fresh keys.
    bool may_create = true;
    // A file of systemd's LoadCredential: root's, read-only, and opened to the service's user by an ACL, whose mask its
    // mode shows as permission of the group to read.
    bool is_credential = false;
    // --allow-group-read: a secret of a volume, which its group may read.
    group_access group = group_access::refused;
};

struct opened_key_file {
    key_ring_ptr ring; // not null
    bool created = false;
    bool added_signing_key = false; // --algorithm changed: the file has a new key, the old ones still verify
};

// Reads the key file; makes it first (0600, synced, never over one that is there) where it is missing and may be made;
// adds a signing key where none is for the algorithm. Throws refused(exit_code::wrong_key) with one sentence that names
// the file and the rule.
opened_key_file open_key_file(const key_file_options& options, random_source& random, timestamp now);

// A key file that was made is of use only beside data that were written under it: at the end of this object it is
// removed again unless there is a manifest in `data_directory`, so that a start that is refused leaves none behind.
class made_key_file {
public:
    // `created`: opened_key_file's; false: nothing is ever removed.
    made_key_file(std::string path, bool created, std::string data_directory);
    ~made_key_file();
    made_key_file(const made_key_file&) = delete;
    made_key_file& operator=(const made_key_file&) = delete;

private:
    std::string path_, data_directory_;
    bool created_;
};

// The ring as the file has it now, for tools. Never writes. Throws refused(exit_code::wrong_key).
key_ring_ptr read_key_file(const key_file_options& options);

// For SIGHUP: the ring as the file has it now. A null ring and the sentence where it can't be used, or where its log
// key is not `current`'s, which the open log was written under: then the current ring stays. Never writes.
parsed_key_file reload_key_file(const key_file_options& options, const key_ring& current);

// One edit of the key file: reads it, replaces it by what `edit` makes of its text. The ring is that of the new file,
// checked before the old one goes. Where the edit has a problem, or the file's log key is not `current`'s, nothing is
// written; the ring is null then. Throws refused(wrong_key) where the file can't be read, used or written.
struct edited_key_file {
    key_ring_ptr ring; // null where there is a problem, and where the edit found nothing to do
    key_edit_problem problem = key_edit_problem::none;
    std::string about; // key_file_edit::about
};
edited_key_file edit_key_file(const key_file_options& options, const key_ring& current,
                              const std::function<key_file_edit(std::string_view text)>& edit);

// At a start, once service time is known: next signing keys that a clock which was ahead stamped are stamped anew
// (stamp_next_keys), in the file too unless it is a credential. `ring` is null where there was nothing to do; `problem`
// says why the file could not be read or written, and where it could be read `ring` is right all the same.
struct stamped_key_file {
    key_ring_ptr ring;
    std::string problem;
};
stamped_key_file stamp_key_file(const key_file_options& options, timestamp now);

// Writes `text` as `path`: a temporary file beside it (0600), fsync, rename, fsync of the directory. With `replace`
// false a file that is already there stays, and the answer is false. Throws refused(exit_code::wrong_key).
bool write_key_file(const std::string& path, std::string_view text, bool replace);

} // namespace pawl::storage
