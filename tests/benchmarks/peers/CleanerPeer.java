// SPDX-License-Identifier: Apache-2.0

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.lang.ref.Cleaner;

/** Cleaner.register and clean: for each line read, a batch, and its cost. */
public class CleanerPeer {
  private static final int CALLS = 20000;
  private static final Cleaner CLEANER = Cleaner.create();
  private static long sum = 0;

  /** As the documentation advises: static, so that it captures no referent. */
  private static class State implements Runnable {
    private final long a = 1;
    private final long b = 2;
    private final long c = 3;

    @Override
    public void run() {
      sum += a + b + c;
    }
  }

  private static double batch(Object referent) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long start = threads.getCurrentThreadCpuTime();
    for (int i = 0; i < CALLS; ++i) {
      CLEANER.register(referent, new State()).clean();
    }
    return (double) (threads.getCurrentThreadCpuTime() - start) / CALLS;
  }

  public static void main(String[] arguments) throws IOException {
    Object referent = new Object();
    for (int i = 0; i < 100; ++i) {  // compiled, by then
      batch(referent);
    }
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    while (in.readLine() != null) {
      System.out.println(batch(referent));
    }
  }
}
