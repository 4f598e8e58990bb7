// One record of an import into a store. Adds what is not there; changes nothing.
#pragma once

#include "app/transfer/import_line.hpp"
#include "core/port/registry.hpp"
#include "core/port/store.hpp"

#include <string>

namespace pawl::app {

// How far the clock of the server that a session comes from may be ahead of this one's. What lies further in the future
// would live longer than its TTL, and never be forgotten once it has ended.
inline constexpr seconds imported_future_max{300};

struct import_result {
    import_outcome outcome{};
    std::string subject; // "user 7", "family 0123..."
    ticket wait_for = ticket::none;
};

// `u.id` 0: the next free one, and now as its creation where it has none. The same line again is `same` then where the
// user of that email has the same username, and the same hash or creation. storage_unavailable.
result<import_result> apply_import(store& data, user u, timestamp now);
// Refused where its creation, rotation, end or last use lies more than imported_future_max after `now`.
result<import_result> apply_import(store& data, const storage::family_image& f, timestamp now);

// `number` 0: the next free one. A revoked token is `same` where it is revoked already.
result<import_result> apply_import(registry& entities, const client& c);
result<import_result> apply_import(registry& entities, const api& a);
result<import_result> apply_import(registry& entities, const scope& s);
result<import_result> apply_import(registry& entities, const revoked_token& t);
result<import_result> apply_import(registry& entities, const consent& c);
// Merged into the word that is here: `added` where that changes it.
result<import_result> apply_import(store& data, const factor_state& f);

// "added", "same", "id_taken" ...
const char* name_of(import_outcome outcome);
// A sentence fragment for a conflict; empty for added and same.
const char* reason_of(import_outcome outcome);

} // namespace pawl::app
