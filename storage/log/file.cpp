#include "storage/log/file.hpp"

namespace pawl::storage {

std::size_t read_fully(file& f, std::uint64_t offset, std::span<std::uint8_t> out, std::error_code& ec) {
    std::size_t done = 0;
    ec.clear();
    while (done < out.size()) {
        const std::size_t n = f.read_some(offset + done, out.subspan(done), ec);
        if (ec == std::errc::interrupted) {
            ec.clear();
            continue;
        }
        if (ec || n == 0) {
            break;
        }
        done += n;
    }
    return done;
}

std::error_code write_fully(file& f, std::uint64_t offset, bytes_view bytes) {
    std::error_code ec;
    while (!bytes.empty()) {
        const std::size_t n = f.write_some(offset, bytes, ec);
        if (ec == std::errc::interrupted) {
            ec.clear();
            continue;
        }
        if (ec) {
            return ec;
        }
        if (n == 0) { // never for a regular file; without this a broken one would spin here for ever
            return std::make_error_code(std::errc::io_error);
        }
        offset += n;
        bytes = bytes.subspan(n);
    }
    return {};
}

std::vector<std::uint8_t> read_small_file(file_system& fs, const std::string& name, std::size_t size_max,
                                          std::error_code& ec) {
    const std::unique_ptr<file> f = fs.open(name, open_mode::read, ec);
    if (ec) {
        return {};
    }
    const std::uint64_t size = f->size(ec);
    if (!ec && size > size_max) {
        ec = std::make_error_code(std::errc::file_too_large);
    }
    if (ec) {
        return {};
    }
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
    bytes.resize(read_fully(*f, 0, bytes, ec));
    return bytes;
}

std::error_code replace_file(file_system& fs, const std::string& name, bytes_view bytes) {
    const std::string temporary = name + temporary_suffix;
    std::error_code ec;
    {
        const std::unique_ptr<file> f = fs.open(temporary, open_mode::create, ec);
        if (!ec) {
            ec = write_fully(*f, 0, bytes);
        }
        if (!ec) {
            ec = f->sync_all();
        }
    }
    return put_in_place(fs, name, ec);
}

std::error_code put_in_place(file_system& fs, const std::string& name, std::error_code so_far) {
    const std::string temporary = name + temporary_suffix;
    if (!so_far) {
        so_far = fs.rename(temporary, name);
    }
    if (so_far) {
        fs.remove(temporary);
        return so_far;
    }
    return fs.sync_directory();
}

bool is_no_space(const std::error_code& ec) noexcept {
    return ec == std::errc::no_space_on_device || ec == std::errc::file_too_large ||
           (ec.category() == std::system_category() && ec.value() == EDQUOT) ||
           (ec.category() == std::generic_category() && ec.value() == EDQUOT);
}

} // namespace pawl::storage
