"""What a careless change could do to the promises, each as a small edit of the code, and the test that must turn red.

A mutation is (name, file, before, after, test): `before` stands exactly once in the file. A test is an executable of
the build and the cases to run, or a command of the tree.
"""
from typing import NamedTuple


class Mutation(NamedTuple):
    name: str
    file: str
    before: str
    after: str
    test: tuple


def unit(executable, cases):
    return (executable, cases)


MUTATIONS = [
    # --- Durability (R1 to R9 of docs/on-disk.md)
    Mutation("acknowledge without a sync", "storage/log/appender.cpp",
             "if (const std::error_code ec = file_->sync_data()) {", "if (const std::error_code ec = std::error_code{}) {",
             unit("storage_tests", "log_crash*")),
    Mutation("go on after a failed sync", "storage/log/appender.cpp",
             "if (const std::error_code ec = file_->sync_data()) {",
             "if (const std::error_code ec = file_->sync_data(); false) {",
             unit("storage_tests", "log_writing/a_failed_sync_is_final")),
    Mutation("rename a new segment before it is synced", "storage/log/segment.cpp", "ec = f->sync_all();", "ec = {};",
             unit("storage_tests", "log_*")),
    Mutation("take rot in the middle for a torn tail", "storage/log/verdict.cpp", "if (seen.later_header) {",
             "if (seen.later_header && seen.below_floor) {", unit("storage_tests", "log_*")),
    Mutation("cut below the floor", "storage/log/verdict.cpp", "if (seen.below_floor) {",
             "if (seen.below_floor && seen.later_header) {", unit("storage_tests", "log_*")),
    Mutation("ignore the chain", "storage/log/verdict.cpp", "if (!seen.chain_ok) {", "if (!seen.chain_ok && seen.sealed) {",
             unit("storage_tests", "log_*")),
    Mutation("ignore the manifest's tag", "storage/log/manifest.cpp",
             "if (!constant_time_equal(as_bytes(last.substr(tag_prefix.size(), tag_digits)), as_bytes(tag))) {",
             "if (tag.empty()) {", unit("storage_tests", "*")),
    Mutation("a restore without a mark", "storage/move/restore.cpp", "out.restore_mark = draw_restore_mark(*request.random);",
             "out.restore_mark = 0;", unit("storage_tests", "move_ids")),
    Mutation("a salvage without a mark", "storage/move/salvage_write.cpp", "head.value.restore_epoch = ids.restore_mark;", "",
             unit("storage_tests", "move_ids")),
    Mutation("ids after a restore by time alone", "storage/move/fresh_ids.cpp",
             "user_id_step * (1 + mark % user_id_steps_max);", "user_id_step * (mark == 0 ? 0 : 1);",
             unit("storage_tests", "move_ids")),
    Mutation("an import's next id kept in memory only", "storage/store/embedded_store_users.cpp",
             "if (s.log->keep_next_user_id(next)) {", "if (next == 0) {", unit("storage_tests", "move_ids")),
    # --- The family word
    Mutation("write the word without comparing", "storage/store/embedded_store_families.cpp",
             "if (!node->word.compare_exchange_strong(bits, desired.bits(), std::memory_order_acq_rel)) {",
             "if (node->word.store(desired.bits()); false) {", unit("storage_tests", "store_race*")),
    Mutation("write the word without comparing, in some schedule", "storage/store/embedded_store_families.cpp",
             "if (!node->word.compare_exchange_strong(bits, desired.bits(), std::memory_order_acq_rel)) {",
             "if (node->word.store(desired.bits()); false) {", unit("schedule_tests", "store_schedules/any_two_parties_leave_one_truth")),
    Mutation("a word and a gate of two moments", "storage/store/embedded_store.cpp",
             "if (again == version) {", "if (again != nullptr) {",
             unit("schedule_tests", "store_schedules/any_three_that_contend_leave_one_truth")),
    Mutation("a family said to be in the log before it is", "storage/store/embedded_store.cpp",
             "if (!node.logged.load(std::memory_order_acquire)) {",
             "if (!node.logged.exchange(true, std::memory_order_acq_rel)) {",
             unit("schedule_tests", "store_schedules/any_two_parties_leave_one_truth")),
    Mutation("two families hung on a user at once", "storage/store/user_slot.cpp",
             "while (!families.compare_exchange_weak(head, &node, std::memory_order_acq_rel, std::memory_order_acquire));",
             "while (families.store(&node), false);", unit("schedule_tests", "store_schedules/any_two_parties_leave_one_truth")),
    Mutation("memory freed without a grace period", "storage/store/family_table.cpp",
             "    rcu_synchronize();\n    for (family_node* const node : nodes) {", "    for (family_node* const node : nodes) {",
             unit("schedule_tests", "store_schedules/what_is_freed*")),
    Mutation("known durable before it is", "storage/store/embedded_store.cpp",
             "    waiters.advance(sequence_through);\n", "    waiters.advance(sequence_through + 1);\n",
             unit("schedule_tests", "store_schedules/any_two_parties_leave_one_truth")),
    Mutation("a window one second short", "core/family/decide.cpp", "window > seconds(0) && age && *age <= window",
             "window > seconds(0) && age && *age < window", unit("core_tests", "decide*")),
    # --- Time served
    Mutation("stop time from the last record only", "storage/log/writer_thread.cpp",
             "window_open_until = batch.time + options.window + window_slack;", "window_open_until = batch.time;",
             unit("storage_tests", "log_served_time/*")),
    Mutation("only the last outage kept", "core/family/served_time.cpp", "    outages_[size_++] = o;\n",
             "    size_ = 0;\n    outages_[size_++] = o;\n", unit("core_tests", "served_time/*")),
    Mutation("max() over a clock that was set, in the log", "storage/log/serving.cpp",
             "last_time_ = set->to;", "note_time(set->to);", unit("storage_tests", "log_served_time/*")),
    Mutation("max() over a clock that was set, in the manifest", "storage/log/snapshot_publish.cpp",
             "next.time = now;", "next.time = std::max(next.time, now);", unit("storage_tests", "log_served_time/*")),
    Mutation("a rotation from the future is young", "core/family/served_time.cpp", "        return std::nullopt;\n",
             "        return seconds(0);\n", unit("core_tests", "decide*")),
    Mutation("a confirmed generation replayed", "core/family/decide.cpp",
             "within(age, policy.lost_response_window) && !word.confirmed() &&",
             "within(age, policy.lost_response_window) &&", unit("core_tests", "decide*")),
    Mutation("reuse that ends nothing", "core/family/decide.cpp",
             "return {verdict::reuse, 8, word.with_status(family_status::reuse)};", "return {verdict::reuse, 8, word};",
             unit("core_tests", "decide*")),
    Mutation("families of an older epoch admitted", "core/user/user.hpp", "(family_epoch == epoch ||",
             "(family_epoch <= epoch ||", unit("core_tests", "*")),
    Mutation("alive() before an end", "core/service/end_family.cpp",
             "if (!may_live(seen->word, seen->facts, seen->gate)) {",
             "if (!alive(seen->word, seen->facts, seen->gate, now)) {", unit("core_tests", "service_session*")),
    Mutation("a gate that wraps", "core/user/user.hpp", "epoch = epoch == epoch_max ? epoch_max : epoch + 1;", "++epoch;",
             unit("app_tests", "transfer*")),
    Mutation("a session of an epoch to come imported", "storage/store/embedded_store_families.cpp",
             "if (facts.epoch > owner->current.load(std::memory_order_acquire)->record->gate.epoch) {", "if (false) {",
             unit("storage_tests", "move_store*")),
    Mutation("an idle session not asked before its key is retired", "storage/store/maintenance.cpp",
             "if (asked && may_live(node.load(), facts, owner.gate)) {",
             "if (asked && alive(node.load(), facts, owner.gate, now)) {", unit("storage_tests", "store_lifecycle*")),
    # --- Waiting and looking again
    Mutation("answer before it is durable", "core/service/settle.cpp",
             "task<result<void>> acceptance(store& data, result<ticket> rests) {\n",
             "task<result<void>> acceptance(store& data, result<ticket> rests) {\n"
             "    if (rests) {\n        co_return result<void>();\n    }\n", unit("core_tests", "service_*")),
    Mutation("a refusal that does not wait for what it rests on", "core/service/settle.cpp",
             "task<failure> refusal(store& data, failure why, result<ticket> rests) {\n",
             "task<failure> refusal(store& data, failure why, result<ticket> rests) {\n"
             "    if (rests) {\n        co_return why;\n    }\n", unit("core_tests", "service_*")),
    Mutation("no second look after the wait", "core/service/session_service_refresh.cpp",
             "if (after && alive(after->word, after->facts, after->gate, context_.time.now())) {", "if (after) {",
             unit("core_tests", "service_*")),
    Mutation("a rehash over a changed password", "core/service/session_service_login.cpp",
             "if (!u.gate.enabled || u.password_hash != verified->password_hash) {", "if (!u.gate.enabled) {",
             unit("core_tests", "service_*")),
    # --- Dead families
    Mutation("an end that is not on disk left out of lists", "storage/store/user_families.cpp",
             "return node.durable_covers(word);", "return true;", unit("storage_tests", "store_dead_families/end_that_is_not*")),
    Mutation("surplus families dropped before two snapshots", "storage/store/maintenance.cpp",
             "if (may_go(node.sweep_mark, dead)) {", "if (may_go(node.sweep_mark, dead) || early) {",
             unit("storage_tests", "store_dead_families/dead_families_beyond*")),
    Mutation("family ids as they come", "storage/map/hash.hpp", "return mixed(halves[0] ^ (halves[1] * odd));",
             "return halves[0] ^ (halves[1] * odd);", unit("storage_tests", "map/ids_that_follow*")),
    # --- Tokens
    Mutation("refresh tokens without their MAC", "core/refresh_token.cpp",
             "!constant_time_equal(mac_of(*key, bytes), std::span(bytes).subspan<mac_at>())",
             "mac_of(*key, bytes).empty()", unit("core_tests", "refresh_token*")),
    Mutation("any alg for any key", "core/jwt/access_token.cpp", 'header.text("alg") != to_text(key->algorithm())',
             'header.text("alg") == "?"', unit("core_tests", "access_token*")),
    Mutation("an access token after its exp", "core/jwt/access_token.cpp", "return expected.now < claims.expires_at ?",
             "return expected.now <= claims.expires_at ?", unit("core_tests", "access_token*")),
    Mutation("an access token for somebody else", "core/jwt/access_token.cpp",
             "if (read.audience != expected.audience) {", "if (read.audience.empty()) {", unit("core_tests", "access_token*")),
    Mutation("a token of any type", "core/jwt/access_token.cpp", 'if (!is_access_token_type(header.text("typ"))) {',
             'if (!header.text("typ")) {', unit("core_tests", "access_token*")),
    Mutation("a cached token's claims of two moments", "core/jwt/verified_tokens.cpp",
             "if (at(set, version_at).load(std::memory_order_relaxed) != version || !is_of(e, token)) {",
             "if (!is_of(e, token)) {", unit("core_tests", "verified_tokens_cache/a_reader_interrupted*")),
    # --- Passwords and limits
    Mutation("no hash for an unknown user", "core/service/session_service_login.cpp",
             "secret_string normalized = normalize_password(password.reveal());",
             "secret_string normalized = normalize_password(password.reveal());\n"
             "    if (!holder) {\n        co_return errc::login_failed;\n    }", unit("core_tests", "service_*")),
    Mutation("no limit on guesses", "core/service/session_service_login.cpp",
             "if (const std::optional<seconds> wait = context_.limiter.reserve(folded, from.address)) {",
             "if (const std::optional<seconds> wait = context_.limiter.reserve(folded, from.address); false) {",
             unit("core_tests", "service_*")),
    Mutation("no limit on what goes well", "core/throttle.cpp", "account_successes_.add(k.account, now);", "static_cast<void>(now);",
             unit("core_tests", "throttle_/successes_of_an_account*")),
    Mutation("hashes in small pages", "app/hash_memory.cpp", "::madvise(aligned, size, MADV_HUGEPAGE);", "",
             unit("app_tests", "hash_memory")),
    # --- Manners
    Mutation("a snapshot that never leaves the disk to the log", "storage/snapshot/snapshot_pipeline.cpp",
             "s == writing && log_ != nullptr;", "false;", unit("storage_tests", "snapshot/each_part_written*")),
    # --- Time
    Mutation("a leap of the wall clock followed at once", "core/service_time.hpp",
             "return ahead > wall_leap_beyond ?", "return ahead > wall_leap_beyond * 1'000'000 ?",
             unit("core_tests", "service_time_*")),
    Mutation("a leap of the wall clock adopted without anyone's word", "core/wall_leap.hpp",
             "if (synchronised || (agrees &&", "if (synchronised || !agrees || (agrees &&", unit("core_tests", "wall_leap_*")),
    Mutation("a leap that comes and goes counted as one that stayed", "core/wall_leap.hpp",
             "            seen_.reset();\n            return was_held", "            return was_held",
             unit("core_tests", "wall_leap_*")),
    # --- HTTP
    Mutation("Transfer-Encoding let through", "app/gate.cpp",
             "return refuse(gate_refusal::transfer_encoding, ec);\n        case http::field::content_encoding:",
             "return;\n        case http::field::content_encoding:", unit("app_tests", "gate*")),
]
