// One line of an import, read strictly: the export format (docs/export-format.md), nothing else. Pure; any thread.
#pragma once

#include "app/transfer/export_lines.hpp"
#include "storage/entity/family.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace pawl::app {

// Longest line: of a client with all that it may have. POST /admin/import takes 16 KiB, as of every body; all users and
// families fit there.
inline constexpr std::size_t import_line_size_max = 256U * 1024;

// An epoch rises by one with every logout of all sessions and every password change: what is imported leaves room for
// as many as a user can ever have, so that no gate reaches user_gate::epoch_max.
inline constexpr std::uint32_t imported_epoch_max = std::uint32_t{1} << 31U;
// Versions rise by one with every change of a user; JSON numbers are exact up to here.
inline constexpr std::uint64_t imported_version_max = std::uint64_t{1} << 53U;

struct import_end {
    std::uint64_t users = 0, families = 0;
    entity_counts others;
};
struct import_refusal {
    std::string why; // a sentence fragment that quotes no secret
};
using import_record = std::variant<export_head, user, storage::family_image, import_end, import_refusal, client, api,
                                   scope, revoked_token, consent, factor_state>;

// A user without `id` gets id 0: the next free one is for it. Members that are not known are refused, so that nothing
// is silently dropped; of a user only `email` is required.
import_record read_import_line(std::string_view line);

// The rules of a user's members, for foreign tables too: email, names, hash and roles are acceptable; the username is
// the email where it is empty. The sentence fragment, or nothing.
std::string check_imported_user(user& u);

} // namespace pawl::app
