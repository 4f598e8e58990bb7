// What a recorded log says that clients did, as steps to do again: pure, record by record.
#pragma once

#include "core/family/word.hpp"
#include "core/ids.hpp"
#include "core/user/user.hpp"
#include "storage/history/state_builder.hpp"
#include "storage/record/record.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

namespace pawl::tools {

enum class step_kind : std::uint8_t {
    sign_up,
    log_in,          // begins `family`
    refresh,         // to `generation`
    reuse,           // an old token comes back, which ends `family`
    log_out,         // of `family`
    log_out_all,     // of `user`
    log_out_others,  // of `user`, by `family`
    change_password, // of `user`, by `family` (all zero: by any)
    remove_account,  // of `user`
    not_repeatable,  // what no client can do: an operator's change, an eviction, a store that lost something
};
inline constexpr std::size_t step_kinds = 10;
const char* name_of(step_kind kind) noexcept;

struct step {
    step_kind kind{};
    timestamp_ms time{};
    user_id user;
    family_id family{};
    std::uint32_t generation = 0;
};

// Memory grows with users and families.
class replay_plan {
public:
    using sink = std::function<void(const step&)>;
    explicit replay_plan(sink out) : out_(std::move(out)) {}

    // Records of a snapshot (what was there before the log begins: users sign up, live sessions log in), then of the
    // log, in order. Throws refused for a record that makes no sense.
    void see(const storage::record_view& record);

private:
    struct known_user {
        std::uint64_t version = 0;
        std::uint32_t epoch = 0;
        bool enabled = true, deleted = false, signed_up = false;
    };
    struct known_family {
        user_id user;
        std::uint32_t generation = 0, epoch = 0;
        bool live = true;
    };
    // One for each record that says what somebody did.
    void see(const user& u, timestamp_ms time);
    void see(const storage::family_created_record& r, timestamp_ms time);
    void see(const storage::family_word_record& r, timestamp_ms time);
    void see_word(const family_id& id, family_word word, timestamp_ms time);
    known_user& ensure_user(user_id id, timestamp_ms time);
    void emit(step_kind kind, timestamp_ms time, user_id user, const family_id& family = {},
              std::uint32_t generation = 0) const;

    sink out_;
    std::unordered_map<std::uint64_t, known_user> users_;
    std::unordered_map<family_id, known_family, storage::family_id_hash> families_;
};

} // namespace pawl::tools
