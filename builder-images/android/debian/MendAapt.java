import java.io.File;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.util.Map;
import javassist.CannotCompileException;
import javassist.ClassPool;
import javassist.CtClass;
import javassist.CtField;
import javassist.CtNewConstructor;
import javassist.CtNewMethod;
import javassist.expr.ExprEditor;
import javassist.expr.MethodCall;

/**
 * Fixes Debian's Android plugin for Gradle. Its class AaptV1 was written for the {@code Futures.transform} of Guava
 * 18
 * that takes an AsyncFunction. Debian's Guava only has the one that takes a Function, and the plugin is compiled
 * against
 * that, so a future is returned inside a future: "SettableFuture cannot be cast to File", in every build.
 * {@code transformAsync} is the intended call.
 *
 * <p>Arguments: the jar of the plugin's library "builder", which is rewritten, and the jars that it needs.
 */
public final class MendAapt {
  private static final String CLASS = "com.android.builder.internal.aapt.v1.AaptV1";
  private static final String GUAVA = "com.google.common.util.concurrent.";

  public static void main(String[] arguments) throws Exception {
    ClassPool pool = new ClassPool(true);
    for (String jar : arguments) pool.appendClassPath(jar);
    CtClass function = asyncFunction(pool);
    CtClass mended = pool.get(CLASS);
    int[] calls = {0};
    mended.instrument(
        new ExprEditor() {
          @Override
          public void edit(MethodCall call) throws CannotCompileException {
            if (!call.getClassName().equals(GUAVA + "Futures")) return;
            if (!call.getMethodName().equals("transform")) return;
            calls[0]++;
            call.replace(
                "$_ = %sFutures.transformAsync($1, new %s($2), $3);"
                    .formatted(GUAVA, function.getName()));
          }
        });
    if (calls[0] != 1) throw new IllegalStateException(CLASS + " has other calls than expected");
    URI jar = URI.create("jar:" + new File(arguments[0]).getCanonicalFile().toURI());
    try (FileSystem files = FileSystems.newFileSystem(jar, Map.of())) {
      for (CtClass made : new CtClass[] {mended, function}) {
        String name = made.getName().replace('.', '/') + ".class";
        Files.write(files.getPath(name), made.toBytecode());
      }
    }
  }

  /** A class that turns a Function whose result is a future into an AsyncFunction. */
  private static CtClass asyncFunction(ClassPool pool) throws Exception {
    CtClass made = pool.makeClass(CLASS + "AsyncFunction");
    made.addInterface(pool.get(GUAVA + "AsyncFunction"));
    made.addField(CtField.make("private final com.google.common.base.Function function;", made));
    made.addConstructor(
        CtNewConstructor.make(
            "public AaptV1AsyncFunction(com.google.common.base.Function f) { this.function = f; }", made));
    made.addMethod(
        CtNewMethod.make(
            "public %1$sListenableFuture apply(Object o) { return (%1$sListenableFuture) function.apply(o); }"
                .formatted(GUAVA),
            made));
    return made;
  }
}
