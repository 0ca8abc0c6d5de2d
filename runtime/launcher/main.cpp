#include <weir/runtime/launcher/launcher.hpp>

int main(int argc, char** argv) {
  weir::launcher weir{"weir", WEIR_VERSION};
  return weir.main(argc, argv);
}
