// How does a program choose among the architectures that were compiled into it?
//     cmake --build build --target example_zoo && build/examples/example_zoo
//     example_zoo --list
//     example_zoo --model vit_cifar10_patch4_32 --image 7 --save fresh.safetensors
//     example_zoo --pick fresh.safetensors --image 7
#include <tessera/data/cifar10.hpp>
#include <tessera/tessera.hpp>
#include <tessera/meta/reflect.hpp>
#include <tessera/zoo/registry.hpp>
#include <tessera/zoo/vit.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace ts = tessera;

// The same blocks thrice: depth costs the compiler nothing.
template <int Depth>
using cifar_vit = ts::vit<ts::image<32>, ts::patch<4>, ts::width<64>, ts::heads<4>,
                          ts::depth<Depth>, ts::classes<10>>;
using zoo = ts::zoo::registry<
    ts::zoo::entry<"vit_cifar10_patch4_32", ts::zoo::vit_cifar10_patch4_32>,
    ts::zoo::entry<"two_blocks", cifar_vit<2>>, ts::zoo::entry<"eight_blocks", cifar_vit<8>>>;

struct wishes {
  bool help = false, list = false;
  std::string model = {}, pick = {}, save = {};
  int image = -1;
};
BOOST_HANA_ADAPT_STRUCT(wishes, help, list, model, pick, save, image);
template <>
inline constexpr auto tessera::options_of<wishes> = std::to_array<tessera::option>({
    {"list", "what is compiled in"}, {"model", "an architecture, fresh from a seed"},
    {"pick", "or the one whose tensors are in this file"}, {"save", "writes the weights"},
    {"image", "classifies an image of CIFAR-10's test set", -1, 9999}});

void classify(ts::predictor<float>& net, int image) {
  const auto folder = ts::find_data("cifar-10-batches-bin");
  if (!folder.path) throw ts::error("zoo --image", "CIFAR-10 (" + folder.places() + ")", "none");
  const ts::cifar10_set test = ts::load_cifar10(*folder.path, ts::cifar10_split::test);
  std::vector<float> pixels(ts::cifar10_set::image_size), logits(10);
  ts::gather_images(test.images(), std::vector{image}, test.mean, test.stddev, pixels);
  net.forward(pixels, logits);
  const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
  const auto name_of = [&](auto k) { return test.class_names[static_cast<std::size_t>(k)]; };
  std::cout << "image " << image << " is taken for: " << name_of(best)
            << " (labelled: " << name_of(test.labels[static_cast<std::size_t>(image)]) << ")\n";
}

void serve(const wishes& w) {
  if (w.help) std::cout << ts::help_text(wishes{});
  if (w.list) std::cout << zoo::table();
  if (w.model.empty() && w.pick.empty()) return;
  auto [picked, net] = w.pick.empty()
                           ? ts::zoo::loaded<float>{{w.model, {}, {}}, zoo::make(w.model)}
                           : zoo::load(w.pick);
  std::cout << picked.name << " " << picked.remark << "\n";
  if (w.image >= 0) classify(net, w.image);
  if (!w.save.empty()) zoo::save(picked.name, net, w.save);
}

int main(int argc, char** argv) try {
  wishes w;
  ts::from_flags(w, argc, argv);
  if (argc > 1) return serve(w), 0;
  w.list = true;  // without flags: the whole way once
  w.model = "two_blocks", w.save = "example_zoo.safetensors";
  serve(w);
  serve({.pick = w.save, .image = ts::find_data("cifar-10-batches-bin").path ? 7 : -1});
  return std::remove(w.save.c_str());
} catch (const ts::error& e) {
  std::cout << e.what() << "\n";
  return 1;
}

//     two_blocks
//     image 7 is taken for: cat (labelled: dog)
//     (--model vit_cifar) zoo.make: expected one of vit_cifar10_patch4_32, two_blocks, eight_blocks,
//     found "vit_cifar" (nearest: vit_cifar10_patch4_32)
