// The JSON of clients, APIs and scopes (docs/provider.md): of operators, of seeds and of imports. A member that is not
// known is refused, and so is one of a later version that asks for more than there is. Every fault is reported at once.
#pragma once

#include "app/http/member_reader.hpp"
#include "core/failure.hpp"
#include "core/provider/catalogue.hpp"
#include "core/provider/client_wishes.hpp"

#include <string>
#include <string_view>

namespace pawl::app {

// Who says it: an operator, to whom secrets and dates are told and not asked of; or a file, which has them, too.
enum class wish_source : std::uint8_t { operators, file };

// Of one object; what is wrong is blamed on `reader`, members that are not known too. What of it may be stored is for
// check_client() and its kin (core/provider/client_rules.hpp) to say.
seeded_client read_client(member_reader& reader, wish_source from);
api_wishes read_api(member_reader& reader, wish_source from);
scope_wishes read_scope(member_reader& reader, wish_source from);

// A body of an operator. validation_failed; jwks_uri_off where nothing else is wrong with it.
result<client_wishes> read_client_body(member_reader& reader);
result<api_wishes> read_api_body(member_reader& reader);
result<scope_wishes> read_scope_body(member_reader& reader);

// As /admin/clients and its kin tell it. `secret`: of a client that was just made, else empty.
std::string client_json(const client& c, std::string_view secret = {});
// `known` says which scopes are its.
std::string api_json(const api& a, const catalogue& known);
std::string scope_json(const scope& s);

} // namespace pawl::app
