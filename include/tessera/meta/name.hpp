#pragma once
// Names in types and in compile-time code.
//
// name     a string as a template argument: op<"layer_norm">, tower<"student", A>, tap<"blocks.3">.
//          Up to 63 characters packed into eight integers: nvcc 13 cannot compile a kernel whose
//          template arguments hide an array, and packed names keep symbols short.
// label    a literal whose hash is taken while parsing, so that using it costs no evaluation step.
// Hashes are polynomial: hash(a + b) = hash(a) * base^length(b) + hash(b), so a path can be hashed
// piece by piece and still equals the hash of its whole text.

#include <cstdint>
#include <string>

namespace tessera::inline v0 {

inline constexpr std::uint64_t hash_base = 0x9E37'79B9'7F4A'7C15ull;

struct label {
  // Without padding between members: clang 14 mislays a consteval object that has some.
  const char* text;
  std::uint64_t hash = 0, power = 1;
  int length = 0;

  consteval label(const char* literal) : text(literal) {  // NOLINT: a literal is a label
    for (; text[length] != '\0'; ++length) {
      hash = hash * hash_base + static_cast<unsigned char>(text[length]);
      power *= hash_base;
    }
  }
  // This text and one character, for a name that ends in a digit ("block" and '2').
  constexpr label followed_by(char c) const {
    label l = *this;
    l.last = static_cast<unsigned char>(c);
    l.hash = l.hash * hash_base + static_cast<unsigned char>(c);
    l.power *= hash_base;
    ++l.length;
    return l;
  }
  constexpr char at(int i) const {
    return i == length - 1 && last != 0 ? static_cast<char>(last) : text[i];
  }

 private:
  int last = 0;  // the character that followed_by adds; 0: none
};

struct name {
  std::uint64_t w0 = 0, w1 = 0, w2 = 0, w3 = 0, w4 = 0, w5 = 0, w6 = 0, w7 = 0;

  template <int N>
  constexpr name(const char (&literal)[N]) {  // NOLINT: a literal is a name
    static_assert(N <= 64, "tessera::name: at most 63 characters");
    std::uint64_t w[8] = {};
    for (int i = 0; i + 1 < N; ++i)
      w[i / 8] |= std::uint64_t(static_cast<unsigned char>(literal[i])) << (8 * (i % 8));
    w0 = w[0], w1 = w[1], w2 = w[2], w3 = w[3], w4 = w[4], w5 = w[5], w6 = w[6], w7 = w[7];
  }
  // As nvcc 13 spells a template argument in the code it hands to the host compiler.
  constexpr name(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d,
                 std::uint64_t e, std::uint64_t f, std::uint64_t g, std::uint64_t h)
      : w0(a), w1(b), w2(c), w3(d), w4(e), w5(f), w6(g), w7(h) {}
  friend constexpr bool operator==(const name&, const name&) = default;

  constexpr char at(int i) const {
    const std::uint64_t w[8] = {w0, w1, w2, w3, w4, w5, w6, w7};
    return i < 64 ? static_cast<char>(w[i / 8] >> (8 * (i % 8)) & 0xFF) : '\0';
  }
  constexpr void put(int i, char c) {  // i < 63, once for each place
    std::uint64_t* const w[8] = {&w0, &w1, &w2, &w3, &w4, &w5, &w6, &w7};
    *w[i / 8] |= std::uint64_t(static_cast<unsigned char>(c)) << (8 * (i % 8));
  }
  constexpr int length() const {
    int n = 0;
    while (at(n) != '\0') ++n;
    return n;
  }
  constexpr std::uint64_t hash() const {  // of the same text as label::hash
    std::uint64_t h = 0;
    for (int i = 0; at(i) != '\0'; ++i) h = h * hash_base + static_cast<unsigned char>(at(i));
    return h;
  }
  std::string text() const {
    std::string s;
    for (int i = 0; at(i) != '\0'; ++i) s += at(i);
    return s;
  }
};

// The edit distance of Levenshtein: insertions, deletions and replacements of one character.
constexpr int distance(const name& a, const name& b) {
  const int m = b.length();
  int row[65] = {};
  for (int j = 0; j <= m; ++j) row[j] = j;
  for (int i = 0; i < a.length(); ++i) {
    int diagonal = row[0];
    row[0] = i + 1;
    for (int j = 0; j < m; ++j) {
      const int above = row[j + 1], replaced = diagonal + (a.at(i) == b.at(j) ? 0 : 1);
      const int moved = (above < row[j] ? above : row[j]) + 1;
      diagonal = above;
      row[j + 1] = replaced < moved ? replaced : moved;
    }
  }
  return row[m];
}

}  // namespace tessera::inline v0
