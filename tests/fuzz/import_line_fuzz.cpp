// Lines of an import: what is accepted is written as a line that is accepted as the same; and claims of a user with any
// attributes are JSON.
#include "app/http/json_body.hpp"
#include "app/transfer/import_line.hpp"
#include "core/provider/standard_claims.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pawl::app;
    const import_record read = read_import_line({reinterpret_cast<const char*>(data), size});
    if (const auto* const u = std::get_if<pawl::user>(&read)) {
        const std::string claims = R"({"sub":"1")" + pawl::claim_members(*u, ~pawl::claim_set{0}) + "}";
        require(!read_json_object(claims, std::size_t{1} << 20U).has_error());
        const std::string line = export_line(*u);
        if (line.size() <= import_line_size_max) { // escapes may make it longer
            const import_record again = read_import_line(line);
            require(std::holds_alternative<pawl::user>(again) && std::get<pawl::user>(again) == *u);
        }
    } else if (const auto* const f = std::get_if<pawl::storage::family_image>(&read)) {
        const std::string line = export_line(*f);
        if (line.size() <= import_line_size_max) {
            const import_record again = read_import_line(line);
            require(std::holds_alternative<pawl::storage::family_image>(again));
            require(export_line(std::get<pawl::storage::family_image>(again)) == line);
        }
    } else if (const auto* const refusal = std::get_if<import_refusal>(&read)) {
        require(!refusal->why.empty());
    }
    return 0;
}
