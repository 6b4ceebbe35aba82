#pragma once
// A small growable array for compile-time code: what std::vector does costs twice the evaluation
// steps and meets the default limits of clang and nvcc at half the nodes. T is a plain aggregate.

#include <initializer_list>

#include "tessera/config.hpp"

namespace tessera::inline v0 {

template <class T>
class buffer {
 public:
  constexpr buffer() = default;
  constexpr buffer(std::initializer_list<T> list) {
    for (const T& x : list) push(x);
  }
  constexpr buffer(const buffer& other) { assign(other); }
  constexpr buffer(buffer&& other) noexcept
      : data_(other.data_), size_(other.size_), capacity_(other.capacity_) {
    other.data_ = nullptr;
    other.size_ = other.capacity_ = 0;
  }
  constexpr buffer& operator=(const buffer& other) {
    if (this != &other) {
      delete[] data_;
      data_ = nullptr;
      size_ = capacity_ = 0;
      assign(other);
    }
    return *this;
  }
  constexpr buffer& operator=(buffer&& other) noexcept {
    T* mine = data_;
    data_ = other.data_;
    size_ = other.size_;
    capacity_ = other.capacity_;
    other.data_ = mine;
    other.size_ = other.capacity_ = 0;
    return *this;
  }
  constexpr ~buffer() { delete[] data_; }

  constexpr int size() const { return size_; }
  constexpr T& operator[](int i) { return data_[i]; }
  constexpr const T& operator[](int i) const { return data_[i]; }
  constexpr T* begin() { return data_; }
  constexpr T* end() { return data_ + size_; }
  constexpr const T* begin() const { return data_; }
  constexpr const T* end() const { return data_ + size_; }

  TESSERA_COLD constexpr int push(const T& x) {
    if (size_ == capacity_) grow(size_ < 32 ? 64 : 2 * size_);
    data_[size_] = x;
    return size_++;
  }
  constexpr void shrink(int n) { size_ = n; }  // n <= size()
  // n times T{}: of a plain type, no evaluation step each.
  TESSERA_COLD constexpr void clear_to(int n) {
    delete[] data_;
    data_ = new T[static_cast<unsigned long>(n)]{};
    size_ = capacity_ = n;
  }

 private:
  TESSERA_COLD constexpr void assign(const buffer& other) {
    if (other.size_ == 0) return;
    grow(other.size_);
    for (int i = 0; i < other.size_; ++i) data_[i] = other.data_[i];
    size_ = other.size_;
  }
  TESSERA_COLD constexpr void grow(int n) {
    T* bigger = new T[static_cast<unsigned long>(n)]{};
    for (int i = 0; i < size_; ++i) bigger[i] = data_[i];
    delete[] data_;
    data_ = bigger;
    capacity_ = n;
  }

  T* data_ = nullptr;
  int size_ = 0, capacity_ = 0;
};

}  // namespace tessera::inline v0
