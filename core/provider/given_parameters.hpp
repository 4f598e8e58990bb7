// The parameters of a request by name (RFC 6749 3.1): one without a value is as good as absent. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace pawl {

// Views into what it was made of.
class given_parameters {
public:
    explicit given_parameters(const std::vector<std::pair<std::string, std::string>>& given) {
        for (const auto& [name, value] : given) {
            if (!value.empty()) {
                all_.push_back({name, value, all_.size()});
            }
        }
        std::ranges::sort(all_,
                          [](const one& a, const one& b) { return std::tie(a.name, a.at) < std::tie(b.name, b.at); });
    }

    std::size_t count(std::string_view name) const { return std::ranges::size(of(name)); }
    // The first of them; std::nullopt if there is none.
    std::optional<std::string_view> find(std::string_view name) const {
        const auto found = of(name);
        return found.empty() ? std::nullopt : std::optional(found.front().value);
    }
    // The only one; std::nullopt if there is none, or more than one.
    std::optional<std::string_view> only(std::string_view name) const {
        return count(name) == 1 ? find(name) : std::nullopt;
    }
    // All of them, in their order.
    std::vector<std::string_view> all(std::string_view name) const {
        std::vector<std::string_view> values;
        for (const one& each : of(name)) {
            values.push_back(each.value);
        }
        return values;
    }
    // Whether one is there twice whose name is not `but`.
    bool repeats(std::string_view but) const {
        return std::ranges::adjacent_find(
                   all_, [but](const one& a, const one& b) { return a.name == b.name && a.name != but; }) != all_.end();
    }

private:
    struct one {
        std::string_view name, value;
        std::size_t at = 0; // its place as it came
    };
    std::ranges::subrange<std::vector<one>::const_iterator> of(std::string_view name) const {
        const auto found = std::ranges::equal_range(all_, name, {}, &one::name);
        return {found.begin(), found.end()};
    }

    std::vector<one> all_;
};

} // namespace pawl
