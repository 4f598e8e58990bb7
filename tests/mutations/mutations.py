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
    Mutation("a window one second short", "core/family/decide.cpp", "window > seconds(0) && age <= window",
             "window > seconds(0) && age < window", unit("core_tests", "decide*")),
    Mutation("a confirmed generation replayed", "core/family/decide.cpp",
             "within(age, policy.lost_response_window) && !word.confirmed() &&",
             "within(age, policy.lost_response_window) &&", unit("core_tests", "decide*")),
    Mutation("reuse that ends nothing", "core/family/decide.cpp",
             "return {verdict::reuse, 8, word.with_status(family_status::reuse)};", "return {verdict::reuse, 8, word};",
             unit("core_tests", "decide*")),
    Mutation("families of an older epoch admitted", "core/user/user.hpp", "(family_epoch == epoch ||",
             "(family_epoch <= epoch ||", unit("core_tests", "*")),
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
             "task<result<password_try>> trying = try_password(",
             "if (!holder) {\n        co_return errc::login_failed;\n    }\n"
             "    task<result<password_try>> trying = try_password(", unit("core_tests", "service_*")),
    Mutation("an unknown name always costs what our own hashes do", "core/service/password_try.cpp",
             "std::string stored = context.data.usual_hash(folded, cost_key(*context.keys()));", "std::string stored;",
             unit("core_tests", "service_login/unknown_names_cost*")),
    Mutation("a disabled user costs what its own hash does", "core/service/password_try.cpp",
             "if (can_sign_in(holder)) {", "if (holder && !holder->password_hash.empty()) {",
             unit("core_tests", "service_login/a_disabled_user_costs*")),
    Mutation("no second try for an unknown name", "core/service/password_try.cpp", "if (!raw_differs) {",
             "if (!raw_differs || !can_match) {", unit("core_tests", "service_login/a_wrong_password_that_is_not_nfc*")),
    Mutation("what bcrypt left out becomes the password", "core/service/password_try.cpp",
             "by_normal->needs_rehash && counts_whole(out.normal, stored);", "by_normal->needs_rehash;",
             unit("core_tests", "service_login/what_bcrypt_left_out*")),
    Mutation("attempts counted by the name as typed", "core/service/session_service_login.cpp",
             "const std::string account = holder ? account_name(*holder) : folded;", "const std::string account = folded;",
             unit("core_tests", "service_login/guesses_by_email*")),
    Mutation("costs that don't follow a rehash", "storage/store/user_table.cpp", "if (!costs_the_same) {",
             "if (old == nullptr) {", unit("storage_tests", "store_user/what_is_usual*")),
    Mutation("no limit on guesses", "core/service/session_service_login.cpp",
             "if (const std::optional<seconds> wait = context_.limiter.reserve(account, from.address)) {",
             "if (const std::optional<seconds> wait = context_.limiter.reserve(account, from.address); false) {",
             unit("core_tests", "service_*")),
    Mutation("hashes in small pages", "app/hash_memory.cpp", "::madvise(aligned, size, MADV_HUGEPAGE);", "",
             unit("app_tests", "hash_memory")),
    # --- Manners
    Mutation("a snapshot that never leaves the disk to the log", "storage/snapshot/snapshot_pipeline.cpp",
             "s == writing && log_ != nullptr;", "false;", unit("storage_tests", "snapshot/each_part_written*")),
    # --- HTTP
    Mutation("Transfer-Encoding let through", "app/gate.cpp",
             "return refuse(gate_refusal::transfer_encoding, ec);\n        case http::field::content_encoding:",
             "return;\n        case http::field::content_encoding:", unit("app_tests", "gate*")),
]
