// A disk in memory that does what disks do: keeps only what was synced, in sectors, when the power goes; forgets
// renames that the directory was not synced for; fails, tears and blocks where a test says so.
#pragma once

#include "storage/log/file.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace pawl::test {

// Thrown out of the operation during which the power goes.
struct power_cut {};

enum class disk_operation : std::uint8_t {
    open,
    create,
    read,
    write,
    sync,
    rename,
    remove,
    sync_directory,
    list,
    resize
};

class simulated_disk : public std::enable_shared_from_this<simulated_disk> {
public:
    static constexpr std::size_t sector = 512;

    // What to do to one operation. `error`: fail it; for a write, after `written` bytes were taken.
    struct fault {
        std::error_code error;
        std::size_t written = SIZE_MAX; // for a write without an error: a short one
        bool cut_power = false;         // throws power_cut; of a write, `written` bytes were taken
    };
    // Called before every operation without any lock held: may block, count, choose. Empty: none fails.
    using fault_function = std::function<fault(disk_operation, const std::string& name)>;

    explicit simulated_disk(std::size_t capacity = SIZE_MAX) : capacity_(capacity) {}

    // A process's view. One at a time holds the lock; a view that has seen the power go is dead.
    std::shared_ptr<storage::file_system> mount();
    void set_faults(fault_function f);
    void set_capacity(std::size_t bytes); // all files together; beyond it: no space

    // The power goes: of the sectors and directory changes that were not synced, some survive.
    void cut_power(std::mt19937_64& random);
    // The same with nothing of it surviving, or all.
    void cut_power(bool keep_pending);

    // A copy of what is on the disk now, all of it synced.
    std::shared_ptr<simulated_disk> image() const;

    // Direct access for tests, to what is durable and what is cached alike.
    std::vector<std::string> names() const;
    bool exists(const std::string& name) const;
    std::vector<std::uint8_t> read(const std::string& name) const;
    void write(const std::string& name, std::vector<std::uint8_t> bytes);
    void flip(const std::string& name, std::uint64_t bit);
    void remove(const std::string& name);
    std::uint64_t syncs(const std::string& name) const;
    // Writes that went past the page cache.
    std::uint64_t direct_writes(const std::string& name) const;

private:
    friend class simulated_file;
    friend class simulated_directory;

    struct inode {
        std::vector<std::uint8_t> cached, durable;
        std::vector<bool> dirty; // sectors of cached
        std::uint64_t syncs = 0, direct_writes = 0;

        void touch(std::uint64_t offset, std::size_t size);
        void persist(std::size_t sector_index);
        void sync();
    };
    using directory = std::map<std::string, std::shared_ptr<inode>>;
    struct change {
        enum class kind : std::uint8_t { create, rename, remove } what;
        std::string name, to;
        std::shared_ptr<inode> node;
    };
    static void apply(directory& d, const change& c);
    std::size_t used() const;
    [[noreturn]] void lose_power();
    fault ask(disk_operation op, const std::string& name);

    mutable std::mutex mutex_;
    std::size_t capacity_;
    directory current_, durable_;
    std::vector<change> pending_;
    fault_function faults_;
    std::weak_ptr<storage::file_system> holder_;
    std::uint64_t epoch_ = 0; // counts power cuts: views of an earlier one are dead
};

} // namespace pawl::test
