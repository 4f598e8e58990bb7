// Which of the two copies counts, and what is said of the other.
#include "storage/directory/directory_state.hpp"
#include "storage/directory/manifest.hpp"
#include "storage/directory/swap_names.hpp"
#include "storage/exit_code.hpp"

#include <utility>

namespace pawl::storage {
namespace {

std::string path_of(const file_system& fs, const std::string& name) {
    return fs.path() + "/" + name;
}

// While contents are being swapped there may be no manifests, or those of one store beside the log of another.
void refuse_half_swapped(file_system& fs) {
    std::error_code ec;
    if (fs.open(swap_journal_name, open_mode::read, ec)) {
        throw refused(exit_code::usage, fs.path() +
                                            ": a restore or a backup into it was interrupted; the next start of "
                                            "pawld or pawlctl restore finishes it");
    }
    if (ec != std::errc::no_such_file_or_directory) {
        throw refused(exit_code::storage_failed, path_of(fs, swap_journal_name) + ": cannot be read: " + ec.message());
    }
}

// "damaged (its member restore_epoch is missing or not what it may be)".
std::string what_is_wrong(const decoded_manifest& copy) {
    std::string out = describe(copy.fault);
    if (!copy.member.empty()) {
        out += " (its member " + copy.member + " is missing or not what it may be)";
    }
    return out;
}

// At least one copy exists and none is good, or one is of another key or format: says why and refuses.
void refuse_bad_manifests(const file_system& fs, const decoded_manifest& a, const decoded_manifest& b) {
    const auto either = [&](manifest_fault f) { return a.fault == f || b.fault == f; };
    if (either(manifest_fault::newer_format)) {
        throw refused(exit_code::newer_format,
                      path_of(fs, manifest_name_a) +
                          ": written by a newer version of pawl; nothing was touched; run that version");
    }
    const bool one_good = either(manifest_fault::none);
    if (one_good) {
        return;
    }
    if (either(manifest_fault::wrong_key)) {
        throw refused(exit_code::wrong_key,
                      path_of(fs, manifest_name_a) +
                          ": this key file is not the one these data were written with; nothing was "
                          "touched; start with the right --key-file");
    }
    const std::string line = path_of(fs, manifest_name_a) + " is " + what_is_wrong(a) + ", " + manifest_name_b +
                             " is " + what_is_wrong(b) + "; " + run_verify;
    if (either(manifest_fault::unreadable)) {
        throw refused(exit_code::storage_failed, line);
    }
    throw refused(either(manifest_fault::tampered) ? exit_code::tampered : exit_code::corrupt, line);
}

} // namespace

const char* describe(manifest_fault fault) noexcept {
    switch (fault) {
    case manifest_fault::none:
        return "good";
    case manifest_fault::missing:
        return "missing";
    case manifest_fault::unreadable:
        return "unreadable";
    case manifest_fault::bad:
        return "damaged";
    case manifest_fault::tampered:
        return "changed by another hand";
    case manifest_fault::newer_format:
        return "of a newer format";
    case manifest_fault::wrong_key:
        return "made with another key";
    }
    return "";
}

manifest_pair read_manifests(file_system& fs, const log_keys* keys) {
    refuse_half_swapped(fs);
    decoded_manifest a = read_manifest(fs, manifest_name_a, keys);
    decoded_manifest b = read_manifest(fs, manifest_name_b, keys);
    manifest_pair out;
    out.a = a.fault;
    out.b = b.fault;
    if (!out.exists()) {
        return out;
    }
    refuse_bad_manifests(fs, a, b);
    if (a.fault == manifest_fault::none && b.fault == manifest_fault::none && a.value.uuid != b.value.uuid) {
        throw refused(exit_code::corrupt, path_of(fs, manifest_name_b) + ": belongs to another store than " +
                                              manifest_name_a + "; " + run_verify);
    }
    const bool use_a =
        a.fault == manifest_fault::none && (b.fault != manifest_fault::none || a.value.seq >= b.value.seq);
    out.differ = a.fault != b.fault || a.value != b.value;
    for (const auto& [copy, name] : {std::pair{&a, manifest_name_a}, std::pair{&b, manifest_name_b}}) {
        if (copy->fault != manifest_fault::none) {
            out.notes.push_back(path_of(fs, name) + " is " + what_is_wrong(*copy) + "; the other copy was used");
        }
    }
    out.value = std::move(use_a ? a.value : b.value);
    return out;
}

} // namespace pawl::storage
