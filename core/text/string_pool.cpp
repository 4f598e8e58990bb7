#include "core/text/string_pool.hpp"

#include "core/secret.hpp"

#include <array>
#include <utility>

namespace pawl {

namespace {

struct spare_texts {
    std::array<std::string, spare_texts_max> kept;
    std::size_t count = 0;
};

// Used within plain functions only: no coroutine holds on to it.
thread_local spare_texts mine;

} // namespace

std::string take_pooled_string() noexcept {
    return mine.count == 0 ? std::string() : std::move(mine.kept[--mine.count]);
}

void give_pooled_string(std::string&& text) noexcept {
    std::string taken = std::move(text);
    wipe(taken.data(), taken.size());
    if (mine.count < spare_texts_max && taken.capacity() <= spare_text_size_max) {
        taken.clear();
        mine.kept[mine.count++] = std::move(taken);
    }
}

} // namespace pawl
