// The window of a Flutter app on Linux. Debian has no `flutter create`, whose template a project would contain; the
// name and the id are the project's own.
#include <flutter_linux/flutter_linux.h>
#include <gtk/gtk.h>

static void show_window(GApplication* application, gpointer) {
  GtkWindow* window = GTK_WINDOW(gtk_application_window_new(GTK_APPLICATION(application)));
  gtk_window_set_title(window, APP_NAME);
  gtk_window_set_default_size(window, 1280, 720);
  gtk_widget_show(GTK_WIDGET(window));

  g_autoptr(FlDartProject) project = fl_dart_project_new();
  FlView* view = fl_view_new(project);
  gtk_widget_show(GTK_WIDGET(view));
  gtk_container_add(GTK_CONTAINER(window), GTK_WIDGET(view));
  gtk_widget_grab_focus(GTK_WIDGET(view));
}

int main(int argc, char** argv) {
  g_autoptr(GtkApplication) application = gtk_application_new(APP_ID, G_APPLICATION_NON_UNIQUE);
  g_signal_connect(application, "activate", G_CALLBACK(show_window), nullptr);
  return g_application_run(G_APPLICATION(application), argc, argv);
}
