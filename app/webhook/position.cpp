#include "app/webhook/position.hpp"

#include "storage/plain_file.hpp"
#include "storage/unique_fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace pawl::app {

namespace {

constexpr std::string_view plain = "pawl-webhook 1 ", marked = "pawl-webhook 2 ";
constexpr std::size_t store_size = 32;

std::error_code last_error() {
    return {errno, std::generic_category()};
}

std::string path_of(const std::string& directory, std::string_view name) {
    return directory + "/" + std::string(name);
}

} // namespace

std::string to_text(const webhook_position& p) {
    return std::string(p.at.mark == 0 ? plain : marked) + p.store + " " + to_text(p.at) + "\n";
}

std::optional<webhook_position> webhook_position_from_text(std::string_view text) {
    const bool has_mark = text.starts_with(marked);
    if (!(has_mark || text.starts_with(plain)) || !text.ends_with('\n')) {
        return std::nullopt;
    }
    text.remove_prefix(plain.size());
    text.remove_suffix(1);
    webhook_position out;
    out.store = text.substr(0, store_size);
    if (text.size() <= store_size + 1 || text[store_size] != ' ' ||
        out.store.find_first_not_of("0123456789abcdef") != std::string::npos) {
        return std::nullopt;
    }
    text.remove_prefix(store_size + 1);
    const std::optional<event_place> at = event_place_from_text(text);
    if (!at || (at->mark != 0) != has_mark) {
        return std::nullopt;
    }
    out.at = *at;
    return out;
}

std::optional<webhook_position> read_webhook_position(const std::string& directory, std::error_code& ec) {
    ec.clear();
    const storage::unique_fd file(::open(path_of(directory, webhook_position_name).c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) {
        ec = errno == ENOENT ? std::error_code() : last_error();
        return std::nullopt;
    }
    std::array<char, 256> bytes{};
    const ssize_t n = ::read(file.get(), bytes.data(), bytes.size());
    if (n < 0) {
        ec = last_error();
        return std::nullopt;
    }
    auto out = webhook_position_from_text({bytes.data(), static_cast<std::size_t>(n)});
    if (!out) {
        ec = std::make_error_code(std::errc::invalid_argument);
    }
    return out;
}

std::error_code write_webhook_position(const std::string& directory, const webhook_position& p) {
    const std::string name = path_of(directory, webhook_position_name);
    const std::string fresh = name + ".new";
    const std::string text = to_text(p);
    {
        std::error_code ec;
        const storage::unique_fd file = storage::make_temporary_file(fresh, ec);
        if (ec) {
            return ec;
        }
        const ssize_t n = ::write(file.get(), text.data(), text.size());
        if (n != static_cast<ssize_t>(text.size())) {
            return n < 0 ? last_error() : std::make_error_code(std::errc::no_space_on_device);
        }
        if (::fdatasync(file.get()) != 0) {
            return last_error();
        }
    }
    if (const std::error_code ec = storage::replace_plain_file(fresh, name)) {
        return ec;
    }
    const storage::unique_fd folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return folder.get() < 0 || ::fsync(folder.get()) != 0 ? last_error() : std::error_code();
}

} // namespace pawl::app
