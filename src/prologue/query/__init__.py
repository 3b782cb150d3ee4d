"""LogQL compiled to SQL: text -> tokens -> tree -> checks -> plan -> rewrites -> SQL -> result shapes."""
