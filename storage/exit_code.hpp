// Why a program ends: what the exit codes of pawld and pawlctl mean, and the refusal that carries one.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace pawl::storage {

// Exit codes of the programs.
enum class exit_code : std::uint8_t {
    none = 0,
    usage = 2,
    corrupt = 65,
    tampered = 66,
    wrong_key = 67,
    newer_format = 68,
    clock = 69,
    storage_failed = 70,
    locked = 75,
};

// Thrown by open() and recover(): one line for people, with file, offset, sequence and what to run next.
class refused : public std::runtime_error {
public:
    refused(exit_code kind, const std::string& line) : std::runtime_error(line), kind_(kind) {}
    exit_code kind() const noexcept { return kind_; }
    int status() const noexcept { return static_cast<int>(kind_); }

private:
    exit_code kind_;
};

} // namespace pawl::storage
