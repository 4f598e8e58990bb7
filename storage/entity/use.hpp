// The last use of a family, as records have it.
#pragma once

#include "core/family/family.hpp"
#include "core/family/word.hpp"
#include "storage/record/declaration.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::storage {

// A view into what was decoded from, or into what is to be encoded: valid as long as that is. `generation`: the one the
// use belongs to, so that a late record can't put an older use over a newer one.
struct use_view {
    std::uint32_t generation = 0;
    timestamp at{};
    peer_address address;
    std::string_view agent; // at most family_use::agent_size_max bytes; longer is cut when encoded

    friend bool operator==(const use_view&, const use_view&) = default;
};
inline use_view view_of(std::uint32_t generation, const family_use& use) {
    return {generation, use.at, use.address, use.agent};
}

template <>
struct declaration<use_view> {
    static constexpr const char* name = "use";
    static constexpr std::tuple fields{
        at<&use_view::generation>("generation"),
        at<&use_view::at>("at"),
        at<&use_view::address>("ip"),
        at_as<short_form<family_use::agent_size_max>, &use_view::agent>("user_agent"),
    };
    static bool sound(const use_view& use) { return use.generation <= family_word::generation_max; }
};

// A use of a record that has generations of its own: there it is always written as 0.
struct use_without_generation {
    static constexpr std::size_t size_max = form<use_view>::size_max;
    static constexpr const char* text = form<use_view>::text;
    static std::size_t size(const family_use& use) noexcept { return form<use_view>::size(view_of(0, use)); }
    static void put(byte_sink& to, const family_use& use) noexcept { form<use_view>::put(to, view_of(0, use)); }
    static void get(byte_source& from, family_use& use) {
        use_view read;
        form<use_view>::get(from, read);
        if (read.generation != 0) {
            from.fail();
        }
        use = {read.at, read.address, std::string(read.agent)};
    }
};

} // namespace pawl::storage
