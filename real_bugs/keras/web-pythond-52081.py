df = pd.read_csv('sensor.csv')
X = df.to_numpy()[:, :9]
y = to_categorical(df['c9'], 2)
X.shape, y.shape   # ((100, 9), (100, 2))

model = Sequential()
model.add(LSTM(32, input_shape=(None, 9)))
model.add(Dense(2, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam')
model.fit(X, y, epochs=10, batch_size=10)
