// How does an architecture look, and what does it cost before anything runs?
//     cmake --build build --target example_pictures && build/examples/example_pictures pictures
// Writes an SVG of each architecture below into the folder (which must exist; "." by default), the
// graph of the first as JSON, and says what memory and time it asks for at least.
#include <tessera/arch/json.hpp>
#include <tessera/arch/memory.hpp>
#include <tessera/arch/roofline.hpp>
#include <tessera/arch/svg.hpp>
#include <tessera/tessera.hpp>
#include <tessera/zoo/swin.hpp>

#include <fstream>
#include <iostream>
#include <string>

namespace ts = tessera;

using vit_b = ts::vit<ts::image<224, 224, 3>, ts::patch<16>, ts::width<768>, ts::heads<12>,
                      ts::depth<12>, ts::classes<1000>>;
using local = ts::exit_head::local_perception<3>;
using two_exits = ts::early_exit<vit_b, ts::exit_at<4, local>, ts::exit_at<8, local>>;
using stages =
    ts::vit<ts::image<224, 224, 3>, ts::patch<8>, ts::width<192>, ts::heads<6>, ts::classes<1000>,
            ts::stages<ts::stage<2>, ts::pool::average<2>, ts::stage<2>, ts::pool::average<2>,
                       ts::stage<6>>>;
using mae = ts::mae<vit_b, ts::decoder<ts::width<512>, ts::depth<8>, ts::heads<16>>,
                    ts::mask::random<3, 4>>;
using distillation =
    ts::train<ts::tower<"student", stages>, ts::tower<"teacher", vit_b, ts::frozen>, ts::adamw,
              ts::term<ts::weight<1>, ts::loss::cross_entropy<>>,
              ts::term<ts::weight<1>, ts::distill::logits<"teacher">>>;

template <class A>
bool draw(const std::string& path, const char* title) {
  std::ofstream file(path);
  ts::to_svg<A>(file, title);
  file.flush();
  std::cout << (file ? "wrote " : "could not write ") << path << '\n';
  return static_cast<bool>(file);
}

int main(int argc, char** argv) {
  const std::string folder = std::string(argc > 1 ? argv[1] : ".") + "/";
  bool good = draw<two_exits>(folder + "vit_b_two_exits.svg", "ViT-B/16 with two exits");
  good = draw<vit_b>(folder + "vit_b.svg", "ViT-B/16") && good;
  good = draw<ts::zoo::swin_tiny_patch4_window7_224>(folder + "swin_tiny.svg", "Swin-T") && good;
  good = draw<stages>(folder + "stages.svg", "A vision transformer of three stages") && good;
  good = draw<mae>(folder + "mae.svg", "A masked auto-encoder of ViT-B/16") && good;
  good = draw<distillation>(folder + "distillation.svg", "Distillation into three stages") && good;
  std::ofstream json(folder + "vit_b_two_exits.json");
  ts::to_json<two_exits>(json);

  const ts::memory_report inference = ts::memory<vit_b>(64);
  const ts::memory_report training = ts::memory<distillation>(64);
  std::cout << "ViT-B/16 for 64 images: " << inference.total() / 1'000'000 << " MB, of which "
            << inference.activations / 1'000'000 << " MB hold activations\n"
            << "a step of distillation on 64 images: " << training.total() / 1'000'000 << " MB\n";

  // A machine of 200 GFLOP/s and 20 GB/s.
  const ts::roofline_report roofline = ts::roofline<vit_b>(200e9, 20e9, 64);
  std::cout << "at 200 GFLOP/s and 20 GB/s, 64 images through ViT-B/16 take at least "
            << roofline.total.seconds << " s\n";
  return good && json.good() ? 0 : 1;
}
