// The JSON of clients, APIs and scopes (docs/provider.md): of operators, of seeds and of imports. A member that is not
// known is refused, and so is one of a later version that asks for more than there is. Every fault is reported at once.
#pragma once

#include "core/failure.hpp"
#include "core/port/registry.hpp"
#include "core/provider/client_wishes.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

// Who says it: an operator, to whom secrets and dates are told and not asked of; or a file, which has them, too.
enum class wish_source : std::uint8_t { operators, file };

// Of one object. What is wrong goes into `errors` with `prefix` before the member's name ("clients[0].name"). What of
// it may be stored is for check_client() and its kin (core/provider/client_rules.hpp) to say.
seeded_client read_client(const boost::json::object& given, const std::string& prefix, wish_source from,
                          std::vector<field_error>& errors);
api_wishes read_api(const boost::json::object& given, const std::string& prefix, wish_source from,
                    std::vector<field_error>& errors);
scope_wishes read_scope(const boost::json::object& given, const std::string& prefix, wish_source from,
                        std::vector<field_error>& errors);

// As /admin/clients and its kin tell it. `secret`: of a client that was just made, else empty.
std::string client_json(const client& c, std::string_view secret = {});
// `known` says which scopes are its.
std::string api_json(const api& a, const catalogue& known);
std::string scope_json(const scope& s);

} // namespace pawl::app
