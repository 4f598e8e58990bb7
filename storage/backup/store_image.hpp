// Users and families in plain containers, built from records by the rules of recovery (docs/on-disk.md, R5): for
// programs that read a store as a whole. One thread.
#pragma once

#include "core/family/family.hpp"
#include "core/family/word.hpp"
#include "core/user/user.hpp"
#include "storage/exit_code.hpp"
#include "storage/map/hash.hpp"
#include "storage/record/record.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace pawl::storage {

struct family_image {
    family_facts facts;
    family_word word;
    std::uint32_t ended_after = 0; // seconds from creation to the end; 0 where live or not known
    std::uint32_t use_generation = 0;
    family_use use;
};

class store_image {
public:
    // Throws refused where a record is malformed or of a newer version.
    void apply(const record_view& record);
    // Drops families whose user is not there. Where a login name has two owners: refused(corrupt), or, `forgiving`, the
    // user whose record is the older goes, and is named in `notes`.
    void finish(bool forgiving = false);

    std::map<std::uint64_t, user> users; // with tombstones
    // In order of user, creation, id.
    std::vector<const family_image*> families() const;
    std::size_t family_count() const noexcept { return families_.size(); }

    std::uint64_t next_user_id = 1; // the caller raises it to what snapshot and manifest say
    std::uint64_t words_without_family = 0, families_without_user = 0;
    std::vector<std::string> notes;

private:
    void merge_into(family_image& known, const family_image& news, const record_view& record) const;

    std::unordered_map<family_id, family_image, family_id_hash> families_;
    std::map<std::uint64_t, std::uint64_t> last_lsn_; // of each user's current record
};

} // namespace pawl::storage
